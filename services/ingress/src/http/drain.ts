import type { Server } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Server as TcpServer } from 'node:net';
import { setImmediate as afterPoll, setTimeout as delay } from 'node:timers/promises';
import { type Connections, LINGER_MS } from './connections.ts';

/** How often connections that have become idle are looked for (ms). */
const LOOK_EVERY_MS = 50;
/** Connections that come as others go are expected within so many turns of the event loop of a millisecond or more, */
const QUIET_TURNS = 10;
/** and a pause between them is waited for no longer than that (ms). */
const FOR_QUIET_MS = 1_000;
/** The highest id that a stream can have: what is on its way is still taken (RFC 9113, section 6.8). */
const ALL_STREAMS = 2 ** 31 - 1;

/** The connections of HTTP/2, with the streams that are open on each. */
export type Sessions = Map<ServerHttp2Session, ReadonlySet<ServerHttp2Stream>>;

/** Tells a client of HTTP/2 to open its next streams elsewhere. */
export function sendAway(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.goaway(0, ALL_STREAMS);
}

/**
 * For `noticeMs` everything is still taken, while answers ask clients to leave; then nothing new is accepted, and what
 * is under way is finished.
 *
 * A connection is closed once nothing has happened on it for as long as the notice, so that one whose client has
 * just been given an answer, or has just connected, is not closed under its next request; and always in the moment
 * after the system was asked for what has arrived, never at the end of a busy turn in which a request came. What is left
 * is a request that is on the wire in that moment, on a connection that was idle for so long.
 */
export async function drainConnections(
  server: Server,
  connections: Connections,
  sessions: Sessions,
  noticeMs: number,
): Promise<void> {
  const stopAt = performance.now() + noticeMs;
  for (const session of sessions.keys()) sendAway(session);
  let allClosed: Promise<unknown> | undefined;
  const done = new AbortController();
  /** Since when nothing is under way any more. */
  let overSince = Number.POSITIVE_INFINITY;
  while (!done.signal.aborted) {
    await Promise.race([delay(LOOK_EVERY_MS), ...(allClosed ? [allClosed] : [])]);
    await afterPoll();
    const over = performance.now() >= stopAt;
    connections.closeIdle(over ? noticeMs : Number.POSITIVE_INFINITY);
    if (!over) continue;
    // The system has connections ready that we have not taken, and resets them when we listen no more: clients that come
    // again as soon as they were sent away are let in first.
    if (!allClosed) await pauseBetween(connections);
    // Not the close of HTTP's own server: it ends idle connections at once, and looks for slow requests no more.
    allClosed ??= new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve())).then(() =>
      done.abort(),
    );
    for (const session of sessions.keys()) session.close();
    const busy = connections.busy || [...sessions.values()].some((streams) => streams.size > 0);
    overSince = busy ? Number.POSITIVE_INFINITY : Math.min(overSince, performance.now());
    // Clients are waited for that have yet to say that they have seen the end, and never do.
    if (performance.now() - overSince > LINGER_MS) connections.destroy();
  }
}

/** Node takes one connection a turn, however many are ready: a pause is so many turns without any. */
async function pauseBetween(connections: Connections): Promise<void> {
  const until = performance.now() + FOR_QUIET_MS;
  let seen = connections.moves;
  for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until; quiet++) {
    await delay(1);
    await afterPoll();
    if (connections.moves !== seen) quiet = 0;
    seen = connections.moves;
  }
}
