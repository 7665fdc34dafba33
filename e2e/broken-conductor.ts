import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a Conductor may do to a call that no real one can be made to do at will. */
export type Behaviour = 'refuse' | 'too-busy' | 'say-nothing' | 'hang-up';

/** A Conductor that does to every start what it is told to, and finds no workflow. */
export interface BrokenConductor {
  readonly url: string;
  does: Behaviour;
  close(): Promise<void>;
}

/** What it says stays between it and the executor. */
export const planted = 'org.postgresql.PSQLException at 10.9.8.7, password=planted-in-conductor';

export async function brokenConductor(): Promise<BrokenConductor> {
  const server = createServer((request, response) => {
    request.resume();
    const answer = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'POST') return answer(200, []);
    switch (self.does) {
      case 'refuse':
        return answer(500, { message: planted });
      case 'too-busy':
        return answer(429, { message: planted });
      case 'hang-up':
        return void request.on('end', () => response.destroy());
      case 'say-nothing':
        return;
      default:
        self.does satisfies never;
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: BrokenConductor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    does: 'refuse',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}
