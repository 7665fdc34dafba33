import type { Outcome } from '@rostrum/shared/messages';
import type { Input } from './build-input.ts';
import type { RouteMatch } from './context.ts';
import type { Idempotency } from './idempotency.ts';

/** One request that is to be run, once everything about it is known. */
export interface Execution {
  requestId: string;
  /** In whose name a cache lock is taken: of this attempt alone, so that the end of an earlier one cannot free it. */
  holder: string;
  match: RouteMatch;
  principal: string;
  /** The caller's own, to start the workflow with. Never stored, never logged. */
  callerToken?: string | undefined;
  input: Input;
  traceparent: string;
  /** Milliseconds the caller still waits. */
  remaining(): number;
  /** See patienceOf: what the caller prefers to wait, where that is not until its time is up. */
  patience(): number | undefined;
  idempotency: Idempotency | undefined;
  /** Aborted when the caller hangs up. */
  hungUp: AbortSignal;
  /** Told how long the executor’s steps took (ms), where a route is being tried; costs the executor some. */
  onTimings?: (timings: Record<string, number>) => void;
}

/** The lock in whose name an execution runs, so that the executor can fill the cache. */
export interface HeldLock {
  key: string;
  holder: string;
}

/** What a caller asks of an execution that was left with its id. */
export interface ExecutionLook {
  requestId: string;
  service: string;
  workflowId: string;
  /** Of the service's executors: they know its Conductor. */
  pool: string;
  principal: string;
  action: 'look' | 'cancel';
  /** How long a look waits for the end (ms). */
  waitMs: number;
  hungUp: AbortSignal;
}

/** Sends an execution to an executor of its pool, once. */
export interface Executor {
  /** Never rejects: what goes wrong on the way is a problem. `notTaken` says that nobody has begun. */
  execute(execution: Execution, lock: HeldLock | undefined): Promise<{ outcome: Outcome; notTaken: boolean }>;
  /** How an execution of this service stands; *ok* when it was to be cancelled and runs no more. Never rejects. */
  look(look: ExecutionLook): Promise<Outcome>;
}
