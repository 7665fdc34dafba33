import type { Logger } from '@rostrum/service/logger';
import type { FastifyError, FastifyReply } from 'fastify';
import { AdminProblem, adminProblemBody } from '../problems.ts';
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
  log.error({ err: error }, 'unexpected error');
  return new AdminProblem('internal-error', 'Something went wrong here; the log says what.', {}, error);
}
