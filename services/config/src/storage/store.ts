import type { Head } from '@rostrum/shared/messages';
import type { Change, ConfigState, Route } from '../domain/records.ts';
import type { ServiceEntry } from './service-entry.ts';

/** Somebody else has written since: nothing was stored. */
export class Conflict extends Error {
  override name = 'Conflict';
}

/** The storage did not answer, or too late: what was asked of it may have happened. */
export class StorageFault extends Error {
  override name = 'StorageFault';
}

/** How many bytes each thing to be stored takes, by what it is called to its author. */
export type Sizes = { what: string; bytes: number }[];

/** What a service was for a while: since that sequence of the config bucket; no entry: it was deleted. */
export interface ServiceVersion {
  revision: number;
  /** Milliseconds since 1970, by NATS's clock. */
  time: number;
  author: string | undefined;
  entry: ServiceEntry | undefined;
}

/** Where configuration is kept, and the copy of it that this replica holds in memory. */
export interface ConfigStore {
  /** All configuration this replica has seen. Changes with time; read it anew after every await. */
  readonly state: ConfigState;
  /** Whether all that was stored when this replica started has been read. */
  readonly loaded: boolean;
  /**
   * Stores one change if nothing else was stored since `expected`; returns its sequence (`expected + 1`) when this
   * replica has seen it. `by` is kept with it: who makes the change.
   *
   * @throws {Conflict} @throws when it is not known whether it was stored, or is not seen in time.
   */
  commit(change: Change, expected: number, by: string): Promise<number>;
  /** What a commit of this change would store. */
  sizes(change: Change): Sizes;
  /** Waits until all is seen that is stored at this moment. @throws when that takes too long. */
  catchUp(): Promise<void>;
  /** Told after every change that is seen, once all was loaded. */
  onChange(listener: () => void): void;
  /** What a service was, oldest first, as far back as the bucket keeps it. */
  serviceHistory(id: string): Promise<ServiceVersion[]>;
  /**
   * A route by its digest. Services that are there have all of theirs; undefined: an older version named it, and it was
   * swept by a release that kept no history.
   */
  route(digest: string): Promise<Route | undefined>;
  /** Stored routes that no service names and none that the history keeps, with the sequence each was last stored at. */
  unusedRoutes(): Promise<Map<string, number>>;
  /** Removes what was stored at this sequence. No effect when it was stored anew since: somebody is about to name it. */
  removeRoute(sequence: number): Promise<void>;
}

export const parts = ['edge', 'execution'] as const;
export type Part = (typeof parts)[number];

/** How large a part of a compiled revision may be (bytes): ingresses and executors hold it whole while they read it. */
export const largestPart = 32 * 1_048_576;

/** Where compiled revisions are kept. */
export interface RevisionStore {
  /** The heads this replica has seen move, by service. */
  readonly heads: ReadonlyMap<string, Head>;
  /** The sequence of the last of these moves. */
  readonly sequence: number;
  readonly loaded: boolean;
  /** One part of a revision as JSON; undefined when it is not (or no longer) there. Always asks the leader. */
  get(service: string, revision: number, part: Part): Promise<Uint8Array | undefined>;
  /** Stores a part; no effect when it is there, since a revision never changes. */
  put(service: string, revision: number, part: Part, value: Uint8Array): Promise<void>;
  /** Moves a service's head upwards, and returns when this replica has seen it; no effect when it is there already. */
  moveHead(head: Head): Promise<void>;
  /** Told of every head that moves, once all was loaded. */
  onHead(listener: (head: Head) => void): void;
  /** All revisions that are kept. */
  list(): Promise<{ service: string; revision: number }[]>;
  /** Removes both parts of a revision. */
  remove(service: string, revision: number): Promise<void>;
}
