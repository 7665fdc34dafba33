import type { Logger } from '@rostrum/service/logger';
import type { FastifyError, FastifyReply } from 'fastify';
import { AdminProblem, adminProblemBody } from '../problems.ts';
import { MasterKeyError } from '../domain/vault.ts';
import { StorageFault } from '../storage/store.ts';

/** The one place where the admin API's problems are written. */
export function sendProblem(reply: FastifyReply, problem: AdminProblem): FastifyReply {
  const { retryAfter = problem.status === 503 ? 1 : undefined } = problem.extras;
  if (retryAfter !== undefined) reply.header('retry-after', `${retryAfter}`);
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(adminProblemBody(problem)));
}

/** What any error is to the client. Unknown ones go to the log and say nothing. */
export function toProblem(error: unknown, log: Logger): AdminProblem {
  if (error instanceof AdminProblem) return error;
  const { code, statusCode } = error as FastifyError;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new AdminProblem('payload-too-large', 'The body is larger than BODY_LIMIT_BYTES.');
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AdminProblem('malformed-request', (error as Error).message);
  }
  if (error instanceof StorageFault) {
    log.warn({ err: error }, 'the storage did not answer');
    const detail = 'The storage did not answer. The change may have been made all the same: look before you try again.';
    return new AdminProblem('service-unavailable', detail, {}, error);
  }
  if (error instanceof MasterKeyError) {
    // Logged where it was found out, once: every call meets it.
    const detail = `This replica cannot open the configuration’s secrets: ${error.message}.`;
    return new AdminProblem('service-unavailable', detail, {}, error);
  }
  log.error({ err: error }, 'unexpected error');
  return new AdminProblem('internal-error', 'Something went wrong here; the log says what.', {}, error);
}

/** A URL that the router does not take. */
export function unreadable(error: FastifyError): AdminProblem {
  const detail =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? 'A segment of the URL’s path is longer than 2,000 characters; nothing here has so long an id.'
      : 'The URL’s path has a % that no escape follows; write %25 for the character itself.';
  return new AdminProblem('malformed-request', detail, {}, error);
}
