import { ConductorError } from '../domain/conductor.ts';

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
    return new ConductorError('timeout', `${call}: no answer in time`, { cause: error });
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new ConductorError('garbage', `${call}: the answer is too large`, { cause: error });
  const errors = (error as { errors?: { code?: string }[] }).errors ?? [];
  if (code === undefined) throw error;
  const refused =
    notSent.has(code ?? '') || (errors.length > 0 && errors.every((each) => notSent.has(each.code ?? '')));
  return new ConductorError(refused ? 'unreachable' : 'cut', `${call}: ${message}`, { cause: error });
}
