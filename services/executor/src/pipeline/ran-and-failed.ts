import type { ProblemCode } from '@rostrum/shared/problems';

/** The workflow or a script ran and failed: doing it again is another execution. */
export const ranAndFailed: ReadonlySet<ProblemCode> = new Set([
  'workflow-failed',
  'workflow-timed-out',
  'awaited-task-failed',
  'output-schema-violation',
  'response-invalid',
  'script-failed',
  'script-timeout',
]);
