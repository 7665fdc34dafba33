import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';

/** A start of a workflow that waits on its way to Conductor, or its answer on the way back. */
export interface Held {
  readonly arrived: Promise<void>;
  /** Lets it go on, also when its sender is gone: what was sent may arrive at any time. */
  release(): void;
  /** It is lost. */
  drop(): void;
}

/** The way to Conductor, which can be held up; all starts go through it, so it knows what was started. */
export interface HeldConductor {
  readonly url: string;
  /** Look-ups by correlation id find nothing, as on a server without an index. */
  blind: boolean;
  /** The workflows started with this `id` in their input. */
  started(id: string): readonly string[];
  hold(id: string, what: 'request' | 'answer'): Held;
  close(): Promise<void>;
}

interface Hold {
  what: 'request' | 'answer';
  arrived(): void;
  goesOn: Promise<boolean>;
}

export async function heldConductor(target: () => string): Promise<HeldConductor> {
  const starts = new Map<string, string[]>();
  const holds = new Map<string, Hold>();

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = (incoming.url ?? '').replace(/^\/api/, '');
    if (incoming.method === 'POST' && path === '/workflow') return start(body, response);
    if (self.blind && path.includes('/correlated/')) return void response.end('[]');
    const answer = await forward(incoming.method as 'GET', path, body);
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
  }

  async function start(body: string, response: ServerResponse): Promise<void> {
    const { id } = (JSON.parse(body) as { input: { id: string } }).input;
    const hold = holds.get(id);
    holds.delete(id);
    const mayGo = async (what: Hold['what']) => {
      if (hold?.what !== what) return true;
      hold.arrived();
      return hold.goesOn;
    };
    if (!(await mayGo('request'))) return void response.destroy();
    const answer = await forward('POST', '/workflow', body);
    if (answer.status === 200) starts.set(id, [...self.started(id), answer.text.replaceAll('"', '')]);
    if (!(await mayGo('answer'))) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
  }

  async function forward(method: 'GET' | 'POST' | 'DELETE', path: string, body: string) {
    const headers = body === '' ? {} : { 'content-type': 'application/json' };
    const answer = await request(`${target()}${path}`, { method, headers, ...(body === '' ? {} : { body }) });
    const type = String(answer.headers['content-type'] ?? 'text/plain');
    return { status: answer.statusCode, type, text: await answer.body.text() };
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: HeldConductor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    blind: false,
    started: (id) => starts.get(id) ?? [],
    hold(id, what) {
      const arrived = Promise.withResolvers<void>();
      const goesOn = Promise.withResolvers<boolean>();
      holds.set(id, { what, arrived: arrived.resolve, goesOn: goesOn.promise });
      return { arrived: arrived.promise, release: () => goesOn.resolve(true), drop: () => goesOn.resolve(false) };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
