import type { Sandbox } from '@rostrum/sandbox';
import type { Logger } from '@rostrum/service/logger';
import type { Deadline } from '@rostrum/shared/bus';
import type { SchemaCache } from '@rostrum/shared/json-schema';
import type { Execute } from '@rostrum/shared/messages';
import type { Conductor } from '../conductor/client.ts';
import type { ExecutionRecords } from '../executions/records.ts';
import type { Permits } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';

/** What the pipeline works with; app.ts puts the real ones in. */
export interface Deps {
  revisions: { get(service: string, revision: number, route: string): Promise<RunnableRoute | undefined> };
  permits: Permits;
  sandbox: Sandbox;
  conductor: Conductor;
  records: ExecutionRecords;
  schemas: SchemaCache;
  limits: { scriptTimeoutMs: number; callTimeoutMs: number };
  /** Resolves after `ms`; all waits of the process share one timer. */
  sleep(ms: number): Promise<void>;
  log: Logger;
}

/** One execution on its way. */
export interface Run {
  request: Execute;
  pool: string;
  deadline: Deadline;
  /** Where its answer goes, for the watch record. */
  answerTo: { replyTo: string; id: number };
  runnable: RunnableRoute;
}

/** Milliseconds a call to Conductor may take: what is left of the caller's time, and no more than a call's own limit. */
export function callTimeout(deadline: Deadline, deps: Deps): number {
  return Math.min(deps.limits.callTimeoutMs, deadline.remaining());
}
