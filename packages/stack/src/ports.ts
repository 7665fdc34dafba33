import { createServer } from 'node:net';

/** Below the range that systems take ports for outgoing connections from: those would come and go in between. */
const range = { first: 20_000, count: 12_000 };

/** Whether a port of the loopback address can be listened on at this moment. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A port that is free at this moment. Another process may take it before it is used: whoever uses it tries again with
 * another one then ({@link withFreePort}).
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = range.first + Math.floor(Math.random() * range.count);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port was found between ${range.first} and ${range.first + range.count - 1}.`);
}

/** Whether an error says, in its message, that a port was taken. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /address already in use|EADDRINUSE|port is already allocated/i.test(error.message);
}

/** Calls `use` with a free port, and again with another one when that was taken in the meantime. */
export async function withFreePort<T>(use: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(await freePort());
    } catch (error) {
      if (!isPortTaken(error) || attempt === 5) throw error;
    }
  }
}
