import type { TaskQueues } from './queues.ts';
import type { ScriptRunner } from './scripts.ts';

/** What running tasks takes, apart from the workflow itself. */
export interface Machinery {
  scripts: ScriptRunner;
  queues: TaskQueues;
}
