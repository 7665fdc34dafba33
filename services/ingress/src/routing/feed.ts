import type { Logger } from '@rostrum/service/logger';
import type { ChangedNotice, Head, SnapshotAnswer } from '@rostrum/shared/messages';
import { compileRevision, type ServiceRoutes } from './service-routes.ts';
import type { RoutingTable } from './table.ts';

/** Where configuration comes from. */
export interface ConfigSource {
  /** @throws when config is away. */
  snapshot(after: string): Promise<SnapshotAnswer>;
  /** The edge part, JSON as it came; undefined when the revision is gone. @throws when config is away. */
  edge(service: string, revision: number): Promise<Buffer | undefined>;
  onChanged(listener: (notice: ChangedNotice) => void): void;
}

/** What a head means for the table; a service that is undefined is taken out. */
interface Change {
  head: Head;
  service: ServiceRoutes | undefined;
}

/** How many revisions are asked for at once. */
const PARALLEL = 32;

/**
 * Keeps the routing table current. Change events are for speed: they name the services to fetch, and where they follow
 * on what we have they are all there is to do. The beat and the snapshot are for truth: whenever the beat tells a
 * sequence that is not ours, an event was lost, and we compare all heads.
 */
export class RoutingFeed {
  readonly #table: RoutingTable;
  readonly #source: ConfigSource;
  readonly #log: Logger;
  readonly #revisions = new Map<string, number>();
  #sequence = -1;
  #running: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  /** The events under way, one after the other: each has to know what the one before it led to. */
  #events: Promise<void> = Promise.resolve();
  readonly #ready = Promise.withResolvers<void>();

  constructor(table: RoutingTable, source: ConfigSource, log: Logger) {
    this.#table = table;
    this.#source = source;
    this.#log = log;
  }

  /** Whether a snapshot was ever applied. */
  get ready(): boolean {
    return this.#sequence >= 0;
  }

  untilReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Begins to listen; the first snapshot is asked for at once, and again with every beat until it has come. */
  start(): void {
    this.#source.onChanged((notice) => {
      this.#events = this.#events.then(() => this.#take(notice)).catch((error) => this.#failed(error));
    });
    void this.catchUp().catch((error) => this.#failed(error));
  }

  async #take({ heads, after, sequence }: ChangedNotice): Promise<void> {
    if (heads.length === 0) {
      if (sequence !== this.#sequence) await this.catchUp();
      return;
    }
    await this.#apply(heads);
    const follows = after !== undefined && after <= this.#sequence;
    if (follows && sequence > this.#sequence) this.#sequence = sequence;
  }

  /**
   * Compares all heads with config's and fetches what is new. One at a time: a call during one gets the one after it,
   * since what it wants to see may be too new for the one under way. @throws when config is away.
   */
  catchUp(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#catchUp().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#following ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#following = undefined;
        return this.catchUp();
      });
    return this.#following;
  }

  async #catchUp(): Promise<void> {
    const heads = new Map<string, Head>();
    let sequence = -1;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: SnapshotAnswer = await this.#source.snapshot(after);
      // Pages may come from replicas that are not equally far: the lowest sequence is the one that all of it has.
      sequence = sequence < 0 ? page.sequence : Math.min(sequence, page.sequence);
      for (const head of page.heads) heads.set(head.service, head);
      after = page.next;
    }
    await this.#apply([...heads.values()]);
    this.#sequence = sequence;
    this.#ready.resolve();
  }

  /**
   * Applies heads that are newer than what we have; a service never goes back to an older revision.
   *
   * @throws when one could not be fetched; all that could are applied.
   */
  async #apply(heads: Head[]): Promise<void> {
    const newer = heads.filter((head) => this.#isNewer(head));
    let failure: unknown;
    for (let at = 0; at < newer.length; at += PARALLEL) {
      const fetching = newer.slice(at, at + PARALLEL).map((head) =>
        this.#fetch(head).catch((error: unknown) => {
          failure = error;
          return undefined;
        }),
      );
      this.#swap((await Promise.all(fetching)).filter((each) => each !== undefined));
    }
    if (failure !== undefined) throw failure;
  }

  async #fetch(head: Head): Promise<Change | undefined> {
    if (head.deleted) return { head, service: undefined };
    const answer = await this.#source.edge(head.service, head.revision);
    // Gone already: a newer head is on its way.
    if (answer === undefined) return undefined;
    try {
      return { head, service: await compileRevision(answer) };
    } catch (error) {
      // Of a format that this version does not know: what we have of this service stays, and the others go on.
      this.#log.error({ err: error, service: head.service, revision: head.revision }, 'a revision cannot be used');
      return { head, service: this.#table.service(head.service) };
    }
  }

  #swap(fetched: Change[]): void {
    const current = fetched.filter(({ head }) => this.#isNewer(head));
    if (current.length === 0) return;
    this.#table.update(current.map(({ head, service }) => [head.service, service]));
    for (const { head } of current) this.#revisions.set(head.service, head.revision);
    this.#log.info({ services: current.map(({ head }) => `${head.service}@${head.revision}`) }, 'routes updated');
  }

  #isNewer({ service, revision }: Head): boolean {
    return revision > (this.#revisions.get(service) ?? -1);
  }

  #failed(error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.#log.info({ cause }, 'configuration cannot be fetched; trying again with the next beat');
  }
}
