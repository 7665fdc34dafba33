import type { Sandbox } from '@rostrum/sandbox';
import type { Logger } from '@rostrum/service/logger';
import type { Deadline } from '@rostrum/shared/bus';
import type { SchemaCache } from '@rostrum/shared/json-schema';
import type { Execute } from '@rostrum/shared/messages';
import type { Conductor, Lane, Turn } from '../domain/conductor.ts';
import type { Claim, Claims } from '../idempotency/claims.ts';
import type { RecentExecutions } from '../executions/recent.ts';
import type { ExecutionRecords } from '../executions/records.ts';
import type { Permits } from '../permits/permits.ts';
import type { RunnableRoute } from '../revisions/store.ts';
import type { Waits } from '../waiting/waits.ts';
import type { Caller } from './caller.ts';

/** What the pipeline works with; app.ts puts the real ones in. */
export interface Deps {
  revisions: { get(service: string, revision: number, route: string): Promise<RunnableRoute | undefined> };
  permits: Permits;
  claims: Claims;
  sandbox: Sandbox;
  conductor: Conductor;
  /** See `Looker.prove`. */
  proveCorrelation(workflow: string, correlationId: string): void;
  /**
   * The id of the workflow with this correlation id; undefined when there is none.
   *
   * @throws {CorrelationUnproven} where an empty answer proves nothing. @throws {ConductorError}
   */
  findCorrelated(workflow: string, correlationId: string): Promise<string | undefined>;
  waits: Waits;
  records: ExecutionRecords;
  recent: RecentExecutions;
  schemas: SchemaCache;
  limits: { scriptTimeoutMs: number; callTimeoutMs: number };
  /** This process is stopping: what has not begun is for another. */
  draining(): boolean;
  /** Resolves after `ms`; all waits of the process share one timer. */
  sleep(ms: number): Promise<void>;
  log: Logger;
}

/** An execution as the steps after the start need it, whoever does them. */
export interface Begun {
  requestId: string;
  principal: string;
  /** When its caller's ingress gives up. */
  deadline: Deadline;
  /** Until when the caller waits for the end: the deadline, or before it. */
  waitUntil: Deadline;
  runnable: RunnableRoute;
}

/** An execution on its way to the start. */
export interface Run extends Begun {
  request: Execute;
  pool: string;
  caller: Caller;
  /** Where its answer goes, for the watch record. */
  answerTo: { replyTo: string; id: number };
  /** On its idempotency key, where it has one. */
  claim?: Claim | undefined;
}

/** How long the start may take from now on until it must not be in flight any more (ms), after waiting for so long. */
export function startWithinMs({ deadline }: Run, waitMs: number, { limits }: Pick<Deps, 'limits'>): number {
  return Math.min(waitMs + limits.scriptTimeoutMs + limits.callTimeoutMs, deadline.remaining());
}

/** Another executor answers the caller. */
export interface HandedOver {
  kind: 'handed-over';
}

/** Not begun here, since this process is stopping: it goes back to the pool. */
export class SentBack extends Error {
  override name = 'SentBack';
}

/**
 * Whose turn a call to Conductor is, and in whose name: routes take turns, and act with their application's permissions.
 * Only starts are made with a caller's own token.
 */
export function turnOf(
  { service, route, application, credentials }: RunnableRoute,
  lane: Lane,
  withinMs: number,
): Turn {
  const as = application === undefined ? undefined : { application, credentials };
  return { lane, share: `${service} ${route.id}`, withinMs, as };
}

/** Who calls a service without authentication: nobody in particular. */
export const ANONYMOUS = 'anonymous';
