import type { Outcome } from '@rostrum/shared/messages';
import type { Input } from './build-input.ts';
import type { RouteMatch } from './context.ts';

/** One request that is to be run, once everything about it is known. */
export interface Execution {
  requestId: string;
  match: RouteMatch;
  principal: string;
  input: Input;
  traceparent: string;
  /** Milliseconds the caller still waits. */
  remaining(): number;
}

/** The lock in whose name an execution runs, so that the executor can fill the cache. */
export interface HeldLock {
  key: string;
  holder: string;
}

/** Sends an execution to an executor of its pool, once. */
export interface Executor {
  /** Never rejects: what goes wrong on the way is a problem. `notTaken` says that nobody has begun. */
  execute(execution: Execution, lock: HeldLock | undefined): Promise<{ outcome: Outcome; notTaken: boolean }>;
  /** How an execution of this service stands. Never rejects. */
  look(service: string, workflowId: string, principal: string): Promise<Outcome>;
}
