import type { Outcome } from '@rostrum/shared/messages';
import type { Input } from './build-input.ts';
import type { RouteMatch } from './context.ts';

/** One request that is to be run, once everything about it is known. */
export interface Execution {
  requestId: string;
  /** In whose name a cache lock is taken: of this attempt alone, so that the end of an earlier one cannot free it. */
  holder: string;
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

/** Asks how an execution stands that this caller left with an id. */
export interface ExecutionLook {
  requestId: string;
  service: string;
  workflowId: string;
  principal: string;
}

/** Sends an execution to an executor of its pool, once. */
export interface Executor {
  /** Never rejects: what goes wrong on the way is a problem. `notTaken` says that nobody has begun. */
  execute(execution: Execution, lock: HeldLock | undefined): Promise<{ outcome: Outcome; notTaken: boolean }>;
  /** How an execution of this service stands. Never rejects. */
  look(look: ExecutionLook): Promise<Outcome>;
}
