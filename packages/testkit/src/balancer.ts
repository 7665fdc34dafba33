import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** One of those behind a {@link Balancer}. */
export interface Backend {
  host: string;
  port: number;
  /** Where it says whether it may be sent anything: 200, or anything else. */
  readyUrl: string;
}

/** A TCP balancer as operators put before the ingresses: it sees connections, not requests. */
export interface Balancer {
  readonly port: number;
  /** Who is behind it; may be changed at any time. */
  readonly backends: Set<Backend>;
  close(): Promise<void>;
}

/**
 * Each new connection goes to the next of those that were ready at the last look, and to the one after it where it is
 * refused; then bytes pass both ways until both sides have ended. `everyMs` is how often it looks.
 */
export async function startBalancer(backends: Iterable<Backend>, everyMs = 50): Promise<Balancer> {
  const all = new Set(backends);
  const ready = new Set<Backend>();
  const open = new Set<Socket>();
  let turn = 0;

  const look = async () => {
    const answers = [...all].map(async (backend) => {
      const answer = await fetch(backend.readyUrl, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok && all.has(backend)) ready.add(backend);
      else ready.delete(backend);
    });
    await Promise.all(answers);
    for (const backend of ready) if (!all.has(backend)) ready.delete(backend);
  };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const forward = (left: number) => {
      const up = [...ready];
      const backend = up[turn++ % up.length];
      if (!backend || left === 0) return void client.destroy();
      const upstream = connect({ host: backend.host, port: backend.port, allowHalfOpen: true });
      const refused = () => forward(left - 1);
      upstream.once('error', refused);
      upstream.once('connect', () => {
        upstream.off('error', refused);
        join(client, upstream);
      });
    };
    keep(client);
    forward(3);
  });
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
  };
  const join = (client: Socket, upstream: Socket) => {
    keep(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('error', () => to.resetAndDestroy());
      from.pipe(to);
    }
    client.resume();
  };

  await look();
  const looking = setInterval(() => void look(), everyMs);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    backends: all,
    async close() {
      clearInterval(looking);
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
