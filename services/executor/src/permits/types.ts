import type { Deadline } from '@rostrum/shared/bus';
import type { ClaimName } from '../idempotency/claims.ts';

/** What a permit's watch record says about a start before it is sent, so that another executor can find out its fate. */
export interface StartIntent {
  service: string;
  revision: number;
  route: string;
  /** The workflow's name. */
  workflow: string;
  /** Random, of this start alone: what the workflow is found by where its id is not known. */
  correlationId: string;
  requestId: string;
  /** W3C trace context of the execution that may be carried on; absent: there is none. */
  traceparent?: string | undefined;
  /** Who called: may look at the execution later. */
  principal: string;
  /** Where the answer is to be stored, and in whose name the cache's lock is held; both `''` for nowhere. */
  cacheKey: string;
  cacheHolder: string;
  /** The caller's ingress, and the id of its item there. */
  replyTo: string;
  replyId: number;
  /** On whose idempotency key it is: the claim's id is the correlation id. Absent: it has no key. */
  claim?: ClaimName | undefined;
  /** Until the caller's ingress gives up (ms). */
  remainingMs: number;
  /** By how much sooner the caller no longer waits for the end, and leaves with the id (ms); absent: not at all. */
  shorterByMs?: number | undefined;
  /** Time from now until which the start may be in flight (ms). */
  startWithinMs: number;
}

/**
 * What an execution holds: its permit where the route has a limit, and its watch record, from which another executor can
 * carry on. None of its methods waits for Redis; what they say is repeated until it is stored.
 */
export interface Hold {
  /** Of the watch record; `''` while there is none. */
  readonly id: string;
  readonly correlationId: string;
  /** Time left (ms) in which the start may be in flight; 0: it must not be sent any more. */
  startRemaining(): number;
  /** The workflow runs and has this id. */
  started(workflowId: string): void;
  /** Writes the watch record where there is none yet, so that the caller is answered should this process die or stop. */
  keep(): void;
  /** The same, and resolves when it stands. @throws {PermitsUnavailable} and frees all that is held. */
  secure(): Promise<void>;
  /** Another executor is to carry on, as soon as the record stands; tried for as long as the caller waits. */
  handOver(): void;
  /** Nothing was started, or the workflow has ended: frees the permit. */
  release(): void;
  /** The caller is gone or answered and the workflow still runs: frees the permit when the workflow has ended. */
  leave(): void;
  /**
   * Nobody knows whether the start arrived: finds out by correlation id, as for an executor that died. Without a permit or
   * a claim nothing depends on it.
   */
  unresolved(): void;
}

/** Who asks for one of the `limit` permits of a scope, which is any text (it is digested). */
export interface PermitRequest {
  pool: string;
  scope: string;
  limit: number;
  /** Asked for with each try: its times count from then. */
  intent(): StartIntent;
  /** Absent, or without time: does not wait. */
  wait?: PermitWait | undefined;
}

export interface PermitWait {
  /** Names the request in the whole fleet: who asks again by the same name, wherever, keeps its place for 2 s. */
  id: string;
  /** Looked at when the wait begins; see {@link Permits.withdraw}. */
  until: Pick<Deadline, 'remaining'>;
}

export type TakeResult =
  | { kind: 'taken'; hold: Hold }
  /** At the end of its wait, if it waited. */
  | { kind: 'full'; retryAfterMs: number; limit: number; running: number }
  /** Redis has lost its data: nobody can tell yet how many are running. */
  | { kind: 'recovering'; retryAfterMs: number }
  /** It waited when {@link Permits.sendBack} was called: it is to wait elsewhere. */
  | { kind: 'sent-back' };

export interface Permits {
  /**
   * Takes a permit, or waits for one in order of arrival: a permit is given to nobody while one who came before waits for it.
   *
   * @throws {PermitsUnavailable} when Redis is away: at once, or after the client's command timeout; while waiting, within
   * half a second.
   */
  take(request: PermitRequest): Promise<TakeResult>;
  /** A permit was freed somewhere in the fleet, of the scope that `onWanted` named: one who waits here may have it. */
  freed(pool: string, name: string): void;
  /** Ends a wait at once, as its time would; no effect on one that is not here. */
  withdraw(waitId: string): void;
  /** Nobody waits here from now on; those who do keep their places for 1.5 s at least. */
  sendBack(): void;
  /** For an execution that needs no permit; `intent` is asked for when its watch record is to be written. */
  without(pool: string, correlationId: string, intent: () => StartIntent): Hold;
  /**
   * The workflow may have ended: one that is watched is looked at soon. Nobody vouches for it. False: it
   * is not watched here.
   */
  wake(workflowId: string): boolean;
  /** Whether what is held can be handed over now: {@link close} gives it to others of the pool. */
  readonly ready: boolean;
  /** Resolves when all that is known is stored, or cannot be. */
  flush(): Promise<void>;
  /**
   * `held`: in the hands of requests of this process; `watched`: looked after until their workflow has ended;
   * `waiting`: requests that wait for one, or ask whether they have to.
   */
  stats(): { held: number; watched: number; waiting: number };
  /**
   * Settles when takes are no longer `recovering` because the data was missing when this process started (at once
   * when it was there, or when Redis was away): a process that is ready only then refuses nobody on a new database.
   */
  readonly settled: Promise<void>;
  /**
   * Stops renewing and watching, and gives its leases up, so that others take over at once. Without Redis it waits for it
   * while a caller waits for what is to be handed over.
   */
  close(): Promise<void>;
}

/** Redis is away or does not answer in time: nothing may be started under a limit (503). */
export class PermitsUnavailable extends Error {
  override name = 'PermitsUnavailable';
}

/** How workflows are looked at. The intent says in whose name: which service, revision and route. */
export interface WorkflowLooker {
  /** `gone`: the server does not know it. Throws when the server cannot tell; it is asked again later. */
  look(workflowId: string, intent: StartIntent): Promise<'running' | 'ended' | 'gone'>;
  /** The workflow's id; undefined when there is none. Throws when the server cannot tell. */
  find(workflow: string, correlationId: string, intent: StartIntent): Promise<string | undefined>;
}

/** What is known of a start whose executor died or gave it up, as soon as it is known. */
export interface Orphan {
  /** With the time that its caller still waits. */
  intent: StartIntent;
  /** Undefined: nothing was started. */
  workflowId: string | undefined;
  /** What was taken over; to be released or left when the caller has its answer. */
  hold: Hold;
}
