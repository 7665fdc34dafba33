import type { Outcome, TrialReport } from '@rostrum/shared/messages';
import type { ServiceRoutes } from '../routing/service-routes.ts';
import { RoutingTable } from '../routing/table.ts';
import type { Reply, Request } from './context.ts';
import type { Deps } from './deps.ts';
import { handleRequest } from './handle-request.ts';

/** Whoever tries a route is this principal: never that of a caller, whose names begin otherwise. */
function testerPrincipal(tester: string): string {
  return `admin:${tester}`;
}

/**
 * A request that an administrator tries a route with. It goes the way of every request, but for three things: it is matched
 * within the one revision, as if its service were enabled and on every host; the tester stands in place of who the
 * credentials say; and rate limits neither refuse nor count it: callers are not to find fewer left.
 */
export async function tryRoute(
  request: Request,
  { edge, ...rest }: ServiceRoutes,
  tester: string,
  deps: Deps,
): Promise<{ reply: Reply; report: TrialReport }> {
  const table = new RoutingTable();
  const { hosts: _, ...anywhere } = edge;
  table.update([[edge.service, { edge: { ...anywhere, enabled: true }, ...rest }]]);
  const report: TrialReport = { requestId: request.requestId, cacheAsked: false, timings: {} };
  const trial: Deps = {
    ...watched({ ...deps, table }, report),
    authenticate: async () => ({ principal: testerPrincipal(tester) }),
    // There is no other revision to catch up with than the one that is tried.
    catchUp: async () => {},
    rates: undefined,
  };
  const reply = await handleRequest(request, trial);
  add(report, 'total', request.receivedAt);
  return { reply, report };
}

/** The same, with what each step took added to the report. */
function watched(deps: Deps, report: TrialReport): Deps {
  const { table, schemas, cache, executor } = deps;
  const within = async <T>(step: string, work: Promise<T>): Promise<T> => {
    const since = performance.now();
    return work.finally(() => add(report, step, since));
  };
  const noteWorkflow = (outcome: Outcome) => {
    const workflowId = outcome.kind === 'problem' ? outcome.problem.extras.workflowId : workflowOf(outcome);
    if (workflowId) report.workflowId = workflowId;
  };
  return {
    ...deps,
    table: {
      service: (id, host) => table.service(id, host),
      match(method, segments, host) {
        const since = performance.now();
        const match = table.match(method, segments, host);
        add(report, 'match', since);
        return match;
      },
    },
    schemas: {
      get(digest, schema) {
        const since = performance.now();
        const validate = schemas.get(digest, schema);
        return (value, size) => {
          const faults = validate(value, size);
          add(report, 'inputSchema', since);
          return faults;
        };
      },
    },
    cache: {
      ask(...how) {
        report.cacheAsked = true;
        return within('cache', cache.ask(...how));
      },
      release: (lock) => cache.release(lock),
      waitFor: (...how) => within('cache', cache.waitFor(...how)),
    },
    executor: {
      async execute(execution, lock) {
        const onTimings = (timings: Record<string, number>) => void Object.assign(report.timings, timings);
        const done = await within('execute', executor.execute({ ...execution, onTimings }, lock));
        noteWorkflow(done.outcome);
        return done;
      },
      async look(look) {
        const outcome = await within('execute', executor.look(look));
        noteWorkflow(outcome);
        return outcome;
      },
    },
  };
}

function workflowOf(outcome: Exclude<Outcome, { kind: 'problem' }>): string | undefined {
  return outcome.kind === 'stale' ? undefined : outcome.workflowId;
}

/** A step may be taken several times. */
function add({ timings }: TrialReport, step: string, since: number): void {
  timings[step] = Math.round(((timings[step] ?? 0) + performance.now() - since) * 100) / 100;
}
