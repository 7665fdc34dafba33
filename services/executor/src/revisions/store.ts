import { type Bus, BusError } from '@rostrum/shared/bus';
import { digestOf } from '@rostrum/shared/digest';
import { decodeJson, encodeJson } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { type ExecutionRevision, type ExecutionRoute, executionRevision } from '@rostrum/shared/revision';

/** A route of a revision as the pipeline uses it. */
export interface RunnableRoute {
  service: string;
  revision: number;
  route: ExecutionRoute;
  /** Why it may not run, undefined when it may. */
  forbidden: string | undefined;
  /** The output schema's, `''` when there is none. */
  schemaDigest: string;
}

type Revision = ReadonlyMap<string, RunnableRoute>;

const LIMIT = 1_000;
const timeoutMs = 5_000;

/** Execution parts of revisions: fetched when first named, kept while they are used. */
export class RevisionStore {
  readonly #bus: Bus;
  readonly #revisions = new Map<string, Promise<Revision | undefined>>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /**
   * Exactly the route that the ingress matched; undefined when its revision is gone.
   *
   * @throws {Problem} service-unavailable when config is away and the revision is not in memory.
   */
  async get(service: string, revision: number, route: string): Promise<RunnableRoute | undefined> {
    const key = `${service}@${revision}`;
    const known = this.#revisions.get(key) ?? this.#fetch(service, revision);
    // Moved to the end: the first entry is the one used least recently.
    this.#revisions.delete(key);
    this.#revisions.set(key, known);
    if (this.#revisions.size > LIMIT) this.#revisions.delete(this.#revisions.keys().next().value as string);
    try {
      const found = await known;
      // Not kept: config may learn of it yet.
      if (!found) this.#revisions.delete(key);
      return found?.get(route);
    } catch (error) {
      this.#revisions.delete(key);
      if (!(error instanceof BusError)) throw error;
      throw new Problem(
        'service-unavailable',
        'The route’s configuration cannot be read at the moment.',
        { retryAfter: 1 },
        error,
      );
    }
  }

  async #fetch(service: string, revision: number): Promise<Revision | undefined> {
    const ask = encodeJson({ service, revision });
    const answer = await this.#bus.request(this.#bus.subjects.config.execution, ask, { timeoutMs });
    const parsed = decodeJson(executionRevision.nullable(), answer);
    return parsed ? compile(parsed) : undefined;
  }
}

function compile({ service, revision, forbidden, routes }: ExecutionRevision): Revision {
  return new Map(
    routes.map((route) => [
      route.id,
      {
        service,
        revision,
        route,
        forbidden: forbidden[route.id] ?? forbidden['*'],
        schemaDigest: route.outputSchema === undefined ? '' : digestOf(JSON.stringify(route.outputSchema)),
      },
    ]),
  );
}
