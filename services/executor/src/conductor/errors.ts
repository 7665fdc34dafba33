/**
 * Why a call to Conductor has no good answer.
 * - `unreachable`: no connection; the call was not sent.
 * - `timeout`: no answer in time; it may have been done.
 * - `cut`: the connection broke under way; it may have been done.
 * - `not-found`: 404.
 * - `rejected`: another status than 2xx; for 4xx nothing was done.
 * - `garbage`: 2xx with something that is not the protocol, or too large.
 */
export type ConductorFault = 'unreachable' | 'timeout' | 'cut' | 'not-found' | 'rejected' | 'garbage';

/** The message is for the log: it may quote Conductor's answer. */
export class ConductorError extends Error {
  override name = 'ConductorError';
  readonly fault: ConductorFault;
  /** HTTP status, 0 when there was none. */
  readonly status: number;

  constructor(fault: ConductorFault, message: string, status = 0, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
    this.status = status;
  }

  /** Whether the call provably had no effect. */
  get notDone(): boolean {
    return this.fault === 'unreachable' || this.fault === 'not-found' || (this.status >= 400 && this.status < 500);
  }
}

const notSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What the HTTP client threw, in our words. @throws what is no fault of a connection, but of ours. */
export function fromTransport(error: unknown, call: string): ConductorError {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (name === 'TimeoutError' || name === 'AbortError')
    return new ConductorError('timeout', `${call}: no answer in time`, 0, error);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new ConductorError('garbage', `${call}: the answer is too large`, 0, error);
  const errors = (error as { errors?: { code?: string }[] }).errors ?? [];
  if (code === undefined) throw error;
  const refused =
    notSent.has(code ?? '') || (errors.length > 0 && errors.every((each) => notSent.has(each.code ?? '')));
  return new ConductorError(refused ? 'unreachable' : 'cut', `${call}: ${message}`, 0, error);
}
