import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Conductor that wants tokens, as Orkes does, and whose workflows have ended as soon as they have begun. */
export interface TokenConductor {
  readonly url: string;
  /** Which key's token, or which caller's, each workflow was started with, in order; and its input. */
  readonly starts: { workflow: string; keyId: string | undefined; input: unknown }[];
  /** Keys and their secrets; taking one away ends its tokens. */
  readonly keys: Map<string, string>;
  /** Tokens of callers that it takes as well, and whose they are. */
  readonly callers: Map<string, string>;
  close(): Promise<void>;
}

export async function tokenConductor(): Promise<TokenConductor> {
  const keys = new Map<string, string>();
  const starts: TokenConductor['starts'] = [];
  const callers = new Map<string, string>();
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
    const token = String(request.headers['x-authorization']);
    const caller = callers.get(token);
    const [keyId = '', keySecret] = caller === undefined ? (holders.get(token)?.split(' ') ?? []) : [caller];
    if (caller === undefined && (keySecret === undefined || keys.get(keyId) !== keySecret))
      return answer(401, { error: 'INVALID_TOKEN' });
    if (request.method === 'POST' && path === '/workflow') {
      const { name, input } = JSON.parse(body) as { name: string; input: unknown };
      starts.push({ workflow: name, keyId, input });
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
    callers,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
