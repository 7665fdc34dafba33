import { setTimeout as delay } from 'node:timers/promises';
import { type ComposeService, type Containers, load, waitFor } from '@rostrum/testkit';
import { expect, onTestFailed } from 'vitest';
import { type Answer, call, feedback, publish, register } from '../support.ts';

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

/** How long a caller waits on the routes below (ms). */
export const WAIT_MS = 5_000;

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

/** The example that goes through both scripts. */
export const scored: Route = async (gateway, run) => {
  const answer = await call(gateway, 'POST', `/api/feedback/${run}`, { body: feedback });
  if (answer.status === 200) expect(answer.body.productId).toBe(run);
  return answer;
};

export async function publishRoutes(gateway: Containers): Promise<void> {
  const nothing = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { set: true } };
  await register(gateway, { name: 'nothing', tasks: [nothing], outputParameters: { done: true } });
  const route = { mappedWorkflow: { name: 'nothing', version: 1 }, timeoutInSeconds: WAIT_MS / 1_000 };
  const key = '${workflow.input.run}';
  await publish(gateway, 'fault', [
    { ...route, httpMethod: 'POST', path: '/plain' },
    { ...route, httpMethod: 'GET', path: '/cached', cacheConfig: { key, ttlInSecond: 300 } },
    {
      ...route,
      httpMethod: 'POST',
      path: '/limited',
      rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 50 },
    },
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
  concurrency = 5,
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
      see(status, status === 200 ? '' : told(body), headers);
    } catch (error) {
      see(0, (error as { code?: string }).code ?? (error as Error).message);
    }
    // Light: what is looked for is what a fault does, not what a full machine does.
    await delay(30);
  };
  await load(once, { concurrency, until: until(seen) });
  return seen;
}

/** The code of a problem, with Conductor's reason where there is one. */
function told(body: Answer['body']): string {
  const code = `${body?.type ?? JSON.stringify(body)}`.replace(/.*[/#]/, '');
  return body?.reason === undefined ? code : `${code}: ${body.reason}`;
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

/** But for what Conductor left unanswered for ten seconds, as it does now and then on a busy machine with SQLite. */
export const failures = (seen: readonly Seen[]): Seen[] =>
  seen.filter(({ status, code }) => status !== 200 && code !== 'conductor-timeout');

/** Until so many more requests have been answered. */
export function more(seen: readonly Seen[], count = 12): Promise<unknown> {
  const then = seen.length;
  return waitFor(() => seen.length >= then + count, { timeoutMs: 60_000, what: `${count} answers` });
}

/** Stops the older of two replicas; gives its exit code. */
export async function stopped(gateway: Containers, service: ComposeService): Promise<number> {
  const [name] = await gateway.names(service);
  await gateway.docker('stop', '-t', '60', name as string);
  const code = await gateway.docker('inspect', '--format', '{{.State.ExitCode}}', name as string);
  await gateway.docker('rm', name as string);
  return Number(code);
}

/** Shows what the containers said, if the test fails. To be called in each test, or in `beforeEach`. */
export function logsOnFailure(gateway: () => Containers | undefined): void {
  onTestFailed(async () => {
    const logs = await gateway()?.logs(40);
    process.stderr.write(`\nWhat the containers said:\n${logs}\n`);
  });
}
