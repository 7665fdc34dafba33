import { setTimeout as delay } from 'node:timers/promises';
import { type ComposeService, type Containers, waitFor } from '@rostrum/testkit';
import { expect } from 'vitest';
import { type RouteName, routes, type Seen, served, summary, WAIT_MS, watched } from './support.ts';

/** How long the ingress waits beyond a route's deadline for the executor's word (ms). */
const GRACE_MS = 3_000;
/** Room for a machine that has much else to do (ms). */
const SLACK_MS = 8_000;
/** By when service is back once a fault is over (ms). */
const BACK_MS = 10_000;

export interface Fault {
  begin(): Promise<unknown>;
  /** Resolves when it has lasted long enough: with what has been seen since it began. */
  lasts(seen: () => Seen[]): Promise<unknown>;
  end(): Promise<unknown>;
}

export interface Faulted {
  /** By callers that came between the fault's begin and its end. */
  during: Seen[];
  /** By those that came once service was back, which it is soon. */
  after: Seen[];
}

/** Lets a fault begin and end under load. Before it and once service is back nobody may see anything of it. */
export async function faulted(gateway: Containers, { begin, lasts, end }: Fault): Promise<Faulted> {
  const at = { began: Number.POSITIVE_INFINITY, ended: Number.POSITIVE_INFINITY, back: Number.POSITIVE_INFINITY };
  const seen = await watched(gateway, routes, async (now) => {
    await waitFor(() => now.length > 12, { timeoutMs: 60_000, what: 'ordinary service' });
    at.began = performance.now();
    try {
      await begin();
      await lasts(() => now.filter(({ beganAt }) => beganAt > at.began));
    } finally {
      await end();
      at.ended = performance.now();
    }
    await served(gateway);
    at.back = performance.now();
    await waitFor(() => now.filter(({ beganAt }) => beganAt > at.back).length > 12, { timeoutMs: 60_000 });
  });
  const between = (from: number, to: number) => seen.filter(({ beganAt }) => beganAt >= from && beganAt < to);
  // A request of the last moment before it may meet the fault, too.
  const before = seen.filter(({ beganAt, tookMs }) => beganAt + tookMs < at.began);
  expect(summary(before)).toEqual(summary(before.filter(({ status }) => status === 200)));
  expect(at.back - at.ended).toBeLessThan(BACK_MS);
  return { during: between(at.began, at.ended), after: between(at.back, Infinity) };
}

export type Allowed = Record<RouteName, readonly number[]>;

/** Callers saw these statuses and no others; each 503 says when to come again, and nobody waited beyond the deadline. */
export function expectSeen(seen: readonly Seen[], allowed: Allowed, hangMs = 0): void {
  const others = seen.filter(({ route, status }) => !allowed[route as RouteName].includes(status));
  expect(summary(others)).toEqual({});
  expect(summary(seen.filter(({ status, headers }) => status === 503 && !headers['retry-after']))).toEqual({});
  const longest = Math.max(...seen.map(({ tookMs }) => tookMs));
  expect(longest).toBeLessThan(WAIT_MS + GRACE_MS + SLACK_MS + hangMs);
}

export const everywhere = (...statuses: number[]): Allowed => ({
  plain: statuses,
  cached: statuses,
  limited: statuses,
});

/** Freezes all containers of a service while `lasts` does. */
export function paused(gateway: Containers, service: ComposeService, lasts: Fault['lasts']): Fault {
  const each = async (verb: 'pause' | 'unpause') => {
    await gateway.docker(verb, ...(await gateway.names(service)).slice(0, 1));
  };
  return { begin: () => each('pause'), lasts, end: () => each('unpause') };
}

export const lastsMs = (ms: number) => (): Promise<unknown> => delay(ms);

/** Until so many callers have been told `status`. */
export const untilSeen =
  (status: number, count = 3) =>
  (seen: () => Seen[]) =>
    waitFor(() => seen().filter((each) => each.status === status).length >= count, {
      timeoutMs: 45_000,
      what: `${count} answers of ${status}`,
    });

/** While Redis is away all is executed, but for what needs a permit. */
export const withoutRedis: Allowed = { plain: [200], cached: [200], limited: [200, 503] };

/** Until callers have noticed that the cache does without Redis. */
export const untilBypassed: Fault['lasts'] = (seen) =>
  waitFor(() => seen().some(({ headers }) => headers['cache-status']?.includes('fwd=bypass')), {
    timeoutMs: 45_000,
    what: 'the cache to be passed by',
  });

/** Until the cache and the executor have both noticed. */
export const untilWithoutRedis: Fault['lasts'] = (seen) => Promise.all([untilBypassed(seen), untilSeen(503, 1)(seen)]);
