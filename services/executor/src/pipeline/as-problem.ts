import type { Outcome } from '@rostrum/shared/messages';
import { Problem, problemLog } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';
import type { Deps } from './context.ts';

/** What went wrong, for the caller; its causes go to the log with the request's id, what Conductor said at `debug`. */
function asProblem(error: unknown, requestId: string, { log }: Pick<Deps, 'log'>): Problem {
  const problem =
    error instanceof Problem
      ? error
      : new Problem('internal-error', 'The executor failed to run the request.', {}, error);
  if (problem.cause !== undefined) log.warn({ requestId, ...problemLog(problem) }, 'execution failed');
  const { cause } = problem;
  if (cause instanceof ConductorError && cause.excerpt !== '')
    log.debug({ requestId, excerpt: cause.excerpt }, 'Conductor said');
  return problem;
}

/** The same as an execution's outcome. */
export function asOutcome(error: unknown, requestId: string, deps: Pick<Deps, 'log'>): Outcome {
  return { kind: 'problem', problem: asProblem(error, requestId, deps) };
}
