import { setTimeout as delay } from 'node:timers/promises';
import { type ComposeService, type Containers, load, waitFor } from '@rostrum/testkit';
import { expect, onTestFailed } from 'vitest';
import { type Answer, call, publish, register } from '../support.ts';

/** What one caller saw. */
export interface Seen {
  route: string;
  /** When the request began, by `performance.now()`. */
  beganAt: number;
  tookMs: number;
  /** 0 where the connection broke. */
  status: number;
  /** The problem's code, or why the connection broke. */
  code: string;
  headers: Answer['headers'];
}

/** A request that `watched` repeats; a name of its own for every run, so that no two ask for the same. */
export type Route = (gateway: Containers, run: string) => Promise<Answer>;

/** How long a caller waits on the routes below (ms), and the ingress beyond that for the executor's word. */
export const WAIT_MS = 5_000;
export const GRACE_MS = 3_000;
/** Room for a machine that has much else to do (ms). */
const SLACK_MS = 8_000;
/** By when service is back once a fault is over (ms). */
const BACK_MS = 10_000;

/**
 * Routes for faults: nothing beside the workflow, a cache, a limit. All of one workflow that ends at once. The first
 * closes its connection each time, so that the balancer has to find somebody for new ones, too.
 */
export const routes = {
  plain: (gateway, run) =>
    call(gateway, 'POST', '/fault/plain', { key: null, body: { run }, headers: { connection: 'close' } }),
  cached: (gateway, run) => call(gateway, 'GET', `/fault/cached?run=${run}`, { key: null }),
  limited: (gateway, run) => call(gateway, 'POST', '/fault/limited', { key: null, body: { run } }),
} satisfies Record<string, Route>;
export type RouteName = keyof typeof routes;

export async function publishRoutes(gateway: Containers): Promise<void> {
  const nothing = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { set: true } };
  await register(gateway, { name: 'nothing', tasks: [nothing], outputParameters: { done: true } });
  const route = { mappedWorkflow: { name: 'nothing', version: 1 }, timeoutInSeconds: WAIT_MS / 1_000 };
  const key = '${workflow.input.run}';
  await publish(gateway, 'fault', [
    { ...route, httpMethod: 'POST', path: '/plain' },
    { ...route, httpMethod: 'GET', path: '/cached', cacheConfig: { key, ttlInSecond: 300 } },
    { ...route, httpMethod: 'POST', path: '/limited', rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 50 } },
  ]);
  await served(gateway);
}

/** Waits until every route has been served a few times in a row, whichever replicas the requests came to. */
export async function served(gateway: Containers, timeoutMs = 60_000): Promise<void> {
  const each = async ([name, route]: [string, Route]) => {
    await waitFor(
      async () => {
        const answers = [1, 2, 3, 4].map((at) => route(gateway, `s${performance.now()}-${at}`));
        return (await Promise.all(answers)).every(({ status }) => status === 200);
      },
      { timeoutMs, everyMs: 100, what: `${name} to be served` },
    );
  };
  for (const entry of Object.entries(routes)) await each(entry);
}

/** A light steady load of these routes, in turn, while something happens; gives what its callers saw. */
export async function watched(
  gateway: Containers,
  what: Record<string, Route>,
  until: (seen: readonly Seen[]) => Promise<unknown>,
  concurrency = 6,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const named = Object.entries(what);
  const once = async (run: number) => {
    const [route, request] = named[run % named.length] as [string, Route];
    const beganAt = performance.now();
    const see = (status: number, code: string, headers: Answer['headers'] = {}) =>
      seen.push({ route, beganAt, tookMs: performance.now() - beganAt, status, code, headers });
    try {
      const { status, body, headers } = await request(gateway, `r${run}`);
      see(status, status === 200 ? '' : `${body?.type ?? JSON.stringify(body)}`.replace(/.*\//, ''), headers);
    } catch (error) {
      see(0, (error as { code?: string }).code ?? (error as Error).message);
    }
    // Light: what is looked for is what a fault does, not what a full machine does.
    await delay(30);
  };
  await load(once, { concurrency, until: until(seen) });
  return seen;
}

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
  if (process.env.SHOW) console.error(JSON.stringify({ backMs: at.back - at.ended, lasted: at.ended - at.began, max: Math.max(...seen.map((e) => e.tookMs)), during: summary(seen.filter((e) => e.beganAt >= at.began && e.beganAt < at.ended)), between: summary(seen.filter((e) => e.beganAt >= at.ended && e.beganAt < at.back)) }));
  const between = (from: number, to: number) => seen.filter(({ beganAt }) => beganAt >= from && beganAt < to);
  // A request of the last moment before it may meet the fault, too.
  const before = seen.filter(({ beganAt, tookMs }) => beganAt + tookMs < at.began);
  expect(summary(before)).toEqual(summary(before.filter(({ status }) => status === 200)));
  expect(at.back - at.ended).toBeLessThan(BACK_MS);
  return { during: between(at.began, at.ended), after: between(at.back, Infinity) };
}

/** How often each answer was seen, by route: what a failing test is to show. */
export function summary(seen: readonly Seen[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { route, status, code } of seen) {
    const name = `${route} ${status} ${code}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
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

export const everywhere = (...statuses: number[]): Allowed => ({ plain: statuses, cached: statuses, limited: statuses });

/** Freezes all containers of a service while `lasts` does. */
export function paused(gateway: Containers, service: ComposeService, lasts: Fault['lasts']): Fault {
  const each = async (verb: 'pause' | 'unpause') => {
    await gateway.docker(verb, ...(await gateway.names(service)).slice(0, 1));
  };
  return { begin: () => each('pause'), lasts, end: () => each('unpause') };
}

export const lastsMs = (ms: number) => (): Promise<unknown> => delay(ms);

/** Until so many callers have been told `status`. */
export const untilSeen = (status: number, count = 3) => (seen: () => Seen[]) =>
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

/** Shows what the containers said, if the test fails. To be called in each test, or in `beforeEach`. */
export function logsOnFailure(gateway: () => Containers | undefined): void {
  onTestFailed(async () => {
    const logs = await gateway()?.logs(40);
    process.stderr.write(`\nWhat the containers said:\n${logs}\n`);
  });
}
