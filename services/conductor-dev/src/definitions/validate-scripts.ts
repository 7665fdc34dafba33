import type { WorkflowDef, WorkflowTask } from './types.ts';
import { collectTasks } from './collect-tasks.ts';

/** What is wrong with a script's syntax, or undefined. */
export type CheckScript = (script: string) => Promise<string | undefined>;

/** SWITCH tasks whose script does not compile. Scripts of INLINE tasks are looked at when they run, as on the real server. */
export async function scriptFaults(def: WorkflowDef, check: CheckScript): Promise<Map<WorkflowTask, string>> {
  const faults = new Map<WorkflowTask, string>();
  const switches = collectTasks(def.tasks).filter(
    (task) => task.type === 'SWITCH' && task.evaluatorType === 'javascript',
  );
  for (const task of switches) {
    const fault = task.expression === undefined ? undefined : await check(task.expression);
    if (fault !== undefined) faults.set(task, fault);
  }
  return faults;
}
