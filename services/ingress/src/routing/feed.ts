import type { Logger } from '@rostrum/service/logger';
import type { ChangedNotice, Head, SnapshotAnswer } from '@rostrum/shared/messages';
import type { EdgeRevision } from '@rostrum/shared/revision';
import type { RoutingTable } from './table.ts';

/** Where configuration comes from. */
export interface ConfigSource {
  /** @throws when config is away. */
  snapshot(after: string): Promise<SnapshotAnswer>;
  /** Undefined when the revision is gone. @throws when config is away. */
  edge(service: string, revision: number): Promise<EdgeRevision | undefined>;
  onChanged(listener: (notice: ChangedNotice) => void): void;
}

/** How many revisions are asked for at once. */
const PARALLEL = 32;

/**
 * Keeps the routing table current. Change events are for speed: they name the services to fetch. The beat and the
 * snapshot are for truth: whenever the beat tells a sequence that is not ours, we compare all heads.
 */
export class RoutingFeed {
  readonly #table: RoutingTable;
  readonly #source: ConfigSource;
  readonly #log: Logger;
  readonly #revisions = new Map<string, number>();
  #sequence = -1;
  #running: Promise<void> | undefined;
  #following: Promise<void> | undefined;
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
      if (notice.heads.length > 0) void this.#apply(notice.heads).catch((error) => this.#failed(error));
      else if (notice.sequence !== this.#sequence) void this.catchUp().catch((error) => this.#failed(error));
    });
    void this.catchUp().catch((error) => this.#failed(error));
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

  /** Applies heads that are newer than what we have; a service never goes back to an older revision. */
  async #apply(heads: Head[]): Promise<void> {
    const newer = heads.filter(({ service, revision }) => revision > (this.#revisions.get(service) ?? -1));
    for (let at = 0; at < newer.length; at += PARALLEL) {
      const fetched = await Promise.all(newer.slice(at, at + PARALLEL).map((head) => this.#fetch(head)));
      this.#swap(fetched.filter((each) => each !== undefined));
    }
  }

  async #fetch(head: Head): Promise<{ head: Head; edge: EdgeRevision | undefined } | undefined> {
    if (head.deleted) return { head, edge: undefined };
    const edge = await this.#source.edge(head.service, head.revision);
    // Gone already: a newer head is on its way.
    return edge && { head, edge };
  }

  #swap(fetched: { head: Head; edge: EdgeRevision | undefined }[]): void {
    const current = fetched.filter(({ head }) => head.revision > (this.#revisions.get(head.service) ?? -1));
    if (current.length === 0) return;
    this.#table.update(current.map(({ head, edge }) => [head.service, edge]));
    for (const { head } of current) this.#revisions.set(head.service, head.revision);
    this.#log.info({ services: current.map(({ head }) => `${head.service}@${head.revision}`) }, 'routes updated');
  }

  #failed(error: unknown): void {
    this.#log.warn({ err: error }, 'configuration cannot be fetched; trying again with the next beat');
  }
}
