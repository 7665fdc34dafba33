import type { Server } from 'node:http';

/** How often connections that have become idle are looked for while a server closes (ms). */
const LOOK_EVERY_MS = 50;

/**
 * Closes an HTTP server once the requests under way are answered. A connection whose last answer was still being sent
 * when the close began is kept open by its client for another request: it becomes idle only later, and would hold the
 * process until its keep-alive time is over.
 */
export async function closeHttp(app: { readonly server: Server; close(): Promise<unknown> }): Promise<void> {
  const looking = setInterval(() => app.server.closeIdleConnections(), LOOK_EVERY_MS);
  try {
    await app.close();
  } finally {
    clearInterval(looking);
  }
}
