import { catalogue, type ProblemCode } from './catalogue.ts';

/** One fault of an input or output: where (JSON pointer, RFC 6901; "" is the whole) and what to do. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** What a problem carries beside its code and detail. Absent members are left out of the answer. */
export interface ProblemExtras {
  errors?: Fault[];
  workflowId?: string;
  workflowStatus?: string;
  /** Why the workflow ended as it did, in Conductor's words. */
  reason?: string;
  /** Seconds, for `Retry-After`. */
  retryAfter?: number;
  /** How many executions may run at once for the caller's key, for `RateLimit` and `RateLimit-Policy`. */
  concurrencyLimit?: number;
  /** Methods, for `Allow`. */
  allow?: string[];
  /** Codings that would have been taken, for `Accept-Encoding` (RFC 9110, section 15.5.16). */
  acceptEncoding?: string;
  /** Why a bearer token was refused, for `WWW-Authenticate` (RFC 6750, section 3). */
  tokenFault?: string;
}

/**
 * An outcome that the caller is told. `detail` is public: what was wrong and what to do, never a stack, a secret or an
 * inner address. What only operators may see goes to `cause` and from there to the log.
 */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
    this.extras = extras;
  }

  get status(): number {
    return catalogue[this.code].status;
  }
}

/**
 * A problem as the log has it: code, detail and the messages of its causes. The stack is for faults of our own alone:
 * what callers and routes do wrong is no reason to print one.
 */
export function problemLog(problem: Problem): Record<string, unknown> {
  const causes: string[] = [];
  for (let cause = problem.cause; cause instanceof Error && causes.length < 5; cause = cause.cause)
    causes.push(cause.message);
  return {
    code: problem.code,
    detail: problem.detail,
    ...(causes.length > 0 ? { causes } : {}),
    ...(problem.code === 'internal-error' ? { err: problem } : {}),
  };
}

/** The body of `application/problem+json` (RFC 9457). `instance` is the request's path. */
export function problemBody(problem: Problem, requestId: string, instance: string): Record<string, unknown> {
  const { status, title } = catalogue[problem.code];
  const { errors, workflowId, workflowStatus, reason } = problem.extras;
  return {
    type: `https://rostrum.dev/problems#${problem.code}`,
    title,
    status,
    detail: problem.detail,
    instance,
    requestId,
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(workflowStatus === undefined ? {} : { workflowStatus }),
    ...(reason === undefined ? {} : { reason }),
    ...(errors === undefined ? {} : { errors }),
  };
}
