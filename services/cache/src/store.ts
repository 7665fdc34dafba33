import type { CacheAsk, CacheSelection } from '@rostrum/shared/messages';

/**
 * Where answers and locks live, as asks, fills and purges see it. Answers are opaque bytes with their times. Every
 * method's promise rejects with a {@link StoreError}.
 */
export interface CacheStore {
  /** What is at hand without asking anybody. */
  peek(key: string): Given | undefined;
  /**
   * The server that a key is on. Keys of one call to {@link lookup} or {@link claim} have to be of one: servers fail
   * apart from each other, and their clocks may differ.
   */
  partOf(key: string): string;
  /** What is stored under these keys, fresh or not; keys without anything are left out. */
  lookup(keys: readonly string[]): Promise<Lookup>;
  /**
   * One answer for each claim, in order. A lock is only taken while its asker can still hear of it: `now` is the time
   * that {@link Lookup} gave.
   */
  claim(claims: readonly Claiming[], now: number): Promise<(Claim | StoreError)[]>;
  /** Ends the holder's lock, and stores the entry if there is one. Safe to repeat. */
  settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled>;
  /** Takes away answers and locks that are selected. Safe to repeat; rejected, it may have done a part of it. */
  purge(selection: CacheSelection): Promise<Purged>;
  /** What is stored of a service, by route id. `complete`: whether all of it was looked at. */
  stats(service: string): Promise<{ routes: Map<string, RouteStats>; complete: boolean }>;
}

/** An entry that is to be given. */
export interface Given {
  entry: Entry;
  /** The store's time (ms since the epoch). */
  now: number;
  /** As an answer, once it has been needed; to be kept with it. */
  encoded?: Uint8Array;
}

export interface Lookup {
  entries: Map<string, Entry>;
  /** The store's time (ms since the epoch). */
  now: number;
}

interface Content {
  /** What the run gave, or the encoded Outcome of the problem that it ended in. */
  kind: 'answer' | 'problem';
  /** How the body is packed: 0 as it came; other numbers belong to who wraps the store. */
  coding: number;
  body: Uint8Array;
  /** See cacheFill. */
  meta: string;
  etag: string;
  /** How long the run took that made it (ms); 0: not known. */
  runMs: number;
}

/** What is stored. Times are the store's (ms since the epoch). */
export interface Entry extends Content {
  /** Undefined where it was stored by a release that did not note it. */
  madeAt: number | undefined;
  freshUntil: number;
  /** Until when it may be given while another is made, and where none can be made; none before `freshUntil`. */
  whileRevalidateUntil: number;
  ifErrorUntil: number;
}

/** What is to be stored, with its times from now on (ms). */
export interface NewEntry extends Content {
  freshMs: number;
  staleWhileRevalidateMs: number;
  staleIfErrorMs: number;
}

export interface Claiming extends Pick<CacheAsk, 'key' | 'holder' | 'lockMs' | 'service' | 'route' | 'label'> {
  /** What is fresh until then, or not fresh, is to be made anew (ms); what is fresh for longer is a *hit*. */
  renewUpTo: number;
  /** Whether the asker takes what may be given while another is made; it does not wait then. */
  takesStale: boolean;
}

/**
 * *hit*: `entry` will do. *run*: the lock is the asker's. *wait*: it is another's. `lockMs` is its life left; `entry` is
 * what is stored all the same.
 */
export type Claim =
  | { verdict: 'hit'; entry: Entry; now: number }
  | { verdict: 'run' | 'wait'; lockMs: number; entry: Entry | undefined; now: number };

export interface Settled {
  /** False when the lock was not, or no longer, the holder's: nothing was changed. */
  taken: boolean;
  stored: boolean;
  /** Whether anyone may have been told to wait. */
  waited: boolean;
}

export interface Purged {
  answers: number;
  locks: number;
  /** Keys that somebody was told to wait for. */
  waited: string[];
}

export interface RouteStats {
  entries: number;
  bytes: number;
}

/** The store is away, or refused; `cause` says why. Whether a change was made is not known. */
export class StoreError extends Error {
  override name = 'StoreError';
}
