import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Conductor that wants tokens, as Orkes does, and whose workflows have ended as soon as they have begun. */
export interface TokenConductor {
  readonly url: string;
  /** Which key's token each workflow was started with, in order. */
  readonly starts: { workflow: string; keyId: string | undefined }[];
  /** Keys and their secrets; taking one away ends its tokens. */
  readonly keys: Map<string, string>;
  close(): Promise<void>;
}

export async function tokenConductor(): Promise<TokenConductor> {
  const keys = new Map<string, string>();
  const starts: TokenConductor['starts'] = [];
  const holders = new Map<string, string>();
  let count = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = (request.url ?? '').replace(/^\/api/, '').split('?', 1)[0] as string;
    const answer = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (path === '/version') return answer(200, '4.1.0');
    if (path === '/token') {
      const { keyId, keySecret } = JSON.parse(body) as { keyId: string; keySecret: string };
      if (keys.get(keyId) !== keySecret) return answer(401, { error: 'BAD_CREDENTIALS' });
      const token = `conductor-token-${++count}`;
      holders.set(token, `${keyId} ${keySecret}`);
      return answer(200, { token });
    }
    const [keyId = '', keySecret] = holders.get(String(request.headers['x-authorization']))?.split(' ') ?? [];
    if (keySecret === undefined || keys.get(keyId) !== keySecret) return answer(401, { error: 'INVALID_TOKEN' });
    if (request.method === 'POST' && path === '/workflow') {
      const { name } = JSON.parse(body) as { name: string };
      starts.push({ workflow: name, keyId });
      return void response.writeHead(200, { 'content-type': 'text/plain' }).end(`w-${starts.length}`);
    }
    if (path.startsWith('/workflow/'))
      return answer(200, { workflowId: 'w', status: 'COMPLETED', output: { by: keyId } });
    answer(404, { status: 404, message: 'not here' });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    starts,
    keys,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
