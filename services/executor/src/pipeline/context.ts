import type { Sandbox } from '@rostrum/sandbox';
import type { Logger } from '@rostrum/service/logger';
import type { Deadline } from '@rostrum/shared/bus';
import type { SchemaCache } from '@rostrum/shared/json-schema';
import type { Execute } from '@rostrum/shared/messages';
import type { Conductor } from '../domain/conductor.ts';
import type { ExecutionRecords } from '../executions/records.ts';
import type { Permits } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';

/** What the pipeline works with; app.ts puts the real ones in. */
export interface Deps {
  revisions: { get(service: string, revision: number, route: string): Promise<RunnableRoute | undefined> };
  permits: Permits;
  sandbox: Sandbox;
  conductor: Conductor;
  /** See `Looker.prove`. */
  proveCorrelation(workflow: string, correlationId: string): void;
  records: ExecutionRecords;
  schemas: SchemaCache;
  limits: { scriptTimeoutMs: number; callTimeoutMs: number };
  /** Resolves after `ms`; all waits of the process share one timer. */
  sleep(ms: number): Promise<void>;
  log: Logger;
}

/** An execution as the steps after the start need it, whoever does them. */
export interface Begun {
  requestId: string;
  principal: string;
  deadline: Deadline;
  runnable: RunnableRoute;
}

/** An execution on its way to the start. */
export interface Run extends Begun {
  request: Execute;
  pool: string;
  /** Where its answer goes, for the watch record. */
  answerTo: { replyTo: string; id: number };
}

/** Who calls a service without authentication: nobody in particular. */
export const ANONYMOUS = 'anonymous';

/** Milliseconds a call to Conductor may take: what is left of the caller's time, and no more than a call's own limit. */
export function callTimeout(deadline: Deadline, deps: Deps): number {
  return Math.min(deps.limits.callTimeoutMs, deadline.remaining());
}
