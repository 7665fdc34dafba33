import { Problem, type ProblemExtras } from '@rostrum/shared/problems';
import { ConductorError } from '../domain/conductor.ts';

/** A failed call as the caller is told of it; the error itself goes to the log as the cause. */
export function conductorProblem(error: ConductorError, what: string, extras: ProblemExtras = {}): Problem {
  switch (error.fault) {
    case 'cut': {
      const detail = `The connection broke while Conductor was asked to ${what}; it may have been done.`;
      return new Problem('conductor-unavailable', detail, extras, error);
    }
    case 'unreachable':
      return new Problem('conductor-unavailable', `Conductor could not be reached to ${what}.`, extras, error);
    case 'overloaded': {
      const detail = `Conductor has too much to do to ${what} before the deadline.`;
      return new Problem('overloaded', detail, { ...extras, ...retryAfter(error) }, error);
    }
    case 'suspended': {
      const detail = `Conductor has been failing, and is not asked to ${what} before it answers again.`;
      return new Problem('conductor-failing', detail, { ...extras, ...retryAfter(error) }, error);
    }
    case 'timeout':
      return new Problem('conductor-timeout', `Conductor did not ${what} in time.`, extras, error);
    case 'no-credentials': {
      const detail = `What its application shows Conductor could not be found out to ${what}.`;
      return new Problem('service-unavailable', detail, { ...extras, ...retryAfter(error) }, error);
    }
    case 'not-found':
    case 'rejected':
      if (error.status === 429) {
        const detail = `Conductor has too much to do to ${what}.`;
        return new Problem('overloaded', detail, { ...extras, ...retryAfter(error) }, error);
      }
      return new Problem('conductor-rejected', `Conductor refused to ${what} (status ${error.status}).`, extras, error);
    case 'garbage':
      return new Problem(
        'conductor-rejected',
        `Conductor’s answer when asked to ${what} cannot be read.`,
        extras,
        error,
      );
    default:
      return new Problem('internal-error', `It failed to ${what}.`, extras, error);
  }
}

/** The same for whatever was thrown; what is no fault of Conductor or of the way to it stays as it is. */
export function orConductorProblem(error: unknown, what: string, extras: ProblemExtras = {}): unknown {
  return error instanceof ConductorError ? conductorProblem(error, what, extras) : error;
}

function retryAfter({ retryAfterMs = 1_000 }: ConductorError): ProblemExtras {
  return { retryAfter: Math.ceil(retryAfterMs / 1_000) };
}
