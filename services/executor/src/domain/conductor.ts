/** What the pipeline knows of Conductor; the adapter behind it is in `conductor/`. */

export const terminalStatuses = ['COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED'] as const;
type TerminalStatus = (typeof terminalStatuses)[number];
export type WorkflowStatus = TerminalStatus | 'RUNNING' | 'PAUSED';

export function isTerminal(status: WorkflowStatus): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status);
}

/** What a workflow's id looks like, on both servers. */
export const workflowIdPattern = /^[\w-]{1,100}$/;

/** What the light status tells. */
export interface WorkflowState {
  status: WorkflowStatus;
  output?: Record<string, unknown> | null | undefined;
}

export interface Workflow extends WorkflowState {
  reasonForIncompletion?: string | null | undefined;
  /** ms since the epoch. */
  createTime?: number | null | undefined;
  endTime?: number | null | undefined;
  tasks?: Task[] | undefined;
}

export interface Task {
  referenceTaskName: string;
  status: string;
  outputData?: unknown;
  /** ms since the epoch. */
  endTime?: number | null | undefined;
  reasonForIncompletion?: string | null | undefined;
}

export interface StartRequest {
  name: string;
  /** Absent: the latest. */
  version?: number | undefined;
  /** JSON text of an object; not parsed on its way. */
  input: string;
  correlationId: string;
  /** W3C trace context, `''` for none. */
  traceparent: string;
  /** Servers that honour it (Orkes) answer with the workflow they have started for it before; others ignore it. */
  idempotencyKey?: string | undefined;
}

/** In this order: somebody waits for what has begun; something is to begin; nobody waits. */
export const lanes = ['look', 'start', 'watch'] as const;
export type Lane = (typeof lanes)[number];

/** In whose name a call is made. */
export interface Identity {
  /** Its permissions count; undefined: the gateway's own credentials. */
  application?: string | undefined;
  /** Names the Conductor credentials that the application has; undefined: the gateway's own are used. */
  credentials?: string | undefined;
  /** The caller's own token, used instead where the service passes it through. Never stored. */
  callerToken?: string | undefined;
  /** Whether the application's is used when the server refuses the caller's. */
  fallback?: boolean | undefined;
}

/** In whose turn a call is made. */
export interface Turn {
  lane: Lane;
  /** Calls of one share take turns with those of all others: a service's route. */
  share: string;
  /** How long it may take, its time in the queue included (ms). */
  withinMs: number;
  /** Absent: in the gateway's own name. */
  as?: Identity | undefined;
}

/**
 * Conductor OSS and Orkes behind one interface. Every method throws a {@link ConductorError} for what Conductor or the
 * way to it does; anything else is a fault of ours.
 */
export interface Conductor {
  /** The new workflow's id. */
  start(request: StartRequest, turn: Turn): Promise<string>;
  status(workflowId: string, turn: Turn): Promise<WorkflowState>;
  workflow(workflowId: string, includeTasks: boolean, turn: Turn): Promise<Workflow>;
  /** Undefined when there is none; empty answers from a server without an index look the same. */
  find(name: string, correlationId: string, turn: Turn): Promise<string | undefined>;
  /** Ends a workflow that runs. One that has ended already is refused (`rejected`), or loses its reason. */
  terminate(workflowId: string, reason: string, turn: Turn): Promise<void>;
  close(): Promise<void>;
}

/**
 * Why a call to Conductor has no good answer.
 * - `unreachable`: no connection; the call was not sent.
 * - `timeout`: no answer in time; it may have been done.
 * - `cut`: the connection broke under way; it may have been done.
 * - `not-found`: 404.
 * - `rejected`: another status than 2xx; for 4xx nothing was done.
 * - `garbage`: 2xx with something that is not the protocol, or too large.
 * - `overloaded`: not sent, because its turn would have come too late.
 * - `suspended`: not sent, because Conductor has been failing.
 * - `no-credentials`: not sent, because it cannot be found out what the application shows Conductor.
 */
export type ConductorFault =
  | 'unreachable'
  | 'timeout'
  | 'cut'
  | 'not-found'
  | 'rejected'
  | 'garbage'
  | 'overloaded'
  | 'suspended'
  | 'no-credentials';

interface ConductorErrorDetails {
  /** HTTP status; 0 when there was none. */
  status?: number;
  /** The beginning of Conductor's answer: may hold a workflow's data, so it is for the log at level `debug` alone. */
  excerpt?: string;
  /** When it makes sense to try again (ms). */
  retryAfterMs?: number;
  cause?: unknown;
}

const EXCERPT = 300;

/** The message names the call and holds nothing of what was sent or answered. */
export class ConductorError extends Error {
  override name = 'ConductorError';
  readonly fault: ConductorFault;
  readonly status: number;
  readonly excerpt: string;
  readonly retryAfterMs: number | undefined;

  constructor(fault: ConductorFault, message: string, details: ConductorErrorDetails = {}) {
    const { status = 0, excerpt = '', retryAfterMs, cause } = details;
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
    this.fault = fault;
    this.status = status;
    this.excerpt = excerpt.slice(0, EXCERPT);
  }

  /** Whether the call provably had no effect. */
  get notDone(): boolean {
    return notDone.has(this.fault) || (this.status >= 400 && this.status < 500);
  }

  /** Whether it shows that the server is away, where an error of its own may be of one workflow alone. */
  get serverAway(): boolean {
    return away.has(this.fault) || (this.status >= 502 && this.status <= 504);
  }
}

/** The server finds nothing by correlation id, and has never shown that it can: it proves nothing. */
export class CorrelationUnproven extends Error {
  override name = 'CorrelationUnproven';
}

const notDone: ReadonlySet<ConductorFault> = new Set([
  'unreachable',
  'not-found',
  'overloaded',
  'suspended',
  'no-credentials',
]);
const away: ReadonlySet<ConductorFault> = new Set(['unreachable', 'timeout', 'cut']);
