import { type Bus, BusError, readOverBus } from '@rostrum/shared/bus';
import { digestOf } from '@rostrum/shared/digest';
import { fetchPart } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { LRUCache } from 'lru-cache';
import { type ExecutionRevision, type ExecutionRoute, executionRevision } from '@rostrum/shared/revision';

/** A route of a revision as the pipeline uses it. */
export interface RunnableRoute {
  service: string;
  revision: number;
  route: ExecutionRoute;
  application: string | undefined;
  /** See ExecutionRevision. */
  credentials: string | undefined;
  /** See ExecutionRevision. */
  passthrough: { fallback: boolean } | undefined;
  /** Why it may not run, undefined when it may. */
  forbidden: string | undefined;
  /** The output schema's, `''` when there is none. */
  schemaDigest: string;
}

type Revision = ReadonlyMap<string, RunnableRoute>;

interface Named {
  service: string;
  revision: number;
}

const timeoutMs = 5_000;

/** Execution parts of revisions: fetched when first named, once for all who wait, and kept while they are used. */
export class RevisionStore {
  readonly #revisions: LRUCache<string, Revision, Named>;

  constructor(bus: Bus) {
    this.#revisions = new LRUCache<string, Revision, Named>({
      max: 1_000,
      // What is gone is not kept: config may learn of it yet.
      fetchMethod: (_key, _stale, { context }) => fetchRevision(bus, context),
    });
  }

  /**
   * Exactly the route that the ingress matched; undefined when its revision is gone.
   *
   * @throws {Problem} service-unavailable when config is away and the revision is not in memory.
   */
  async get(service: string, revision: number, route: string): Promise<RunnableRoute | undefined> {
    const key = `${service}@${revision}`;
    try {
      const known = this.#revisions.get(key) ?? (await this.#revisions.fetch(key, { context: { service, revision } }));
      return known?.get(route);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      const detail = 'The route’s configuration cannot be read at the moment.';
      throw new Problem('service-unavailable', detail, { retryAfter: 1 }, error);
    }
  }
}

async function fetchRevision(bus: Bus, named: Named): Promise<Revision | undefined> {
  const part = await fetchPart((payload) => readOverBus(bus, bus.subjects.config.execution, payload, timeoutMs), named);
  return part === undefined ? undefined : compile(executionRevision.parse(part));
}

function compile({
  service,
  revision,
  application,
  credentials,
  passthrough,
  forbidden,
  routes,
}: ExecutionRevision): Revision {
  return new Map(
    routes.map((route) => [
      route.id,
      {
        service,
        revision,
        application,
        credentials,
        passthrough,
        route,
        forbidden: forbidden[route.id] ?? forbidden['*'],
        schemaDigest: route.outputSchema === undefined ? '' : digestOf(JSON.stringify(route.outputSchema)),
      },
    ]),
  );
}
