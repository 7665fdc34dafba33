import type { Json } from '../../definitions/types.ts';
import { ConductorError } from '../../errors.ts';
import { compileTemplate } from '../../expressions/template.ts';
import { inRound, isSuccessful, isTerminal, type Task, type Workflow } from '../model.ts';
import { resolveContext } from '../scope.ts';
import { ScriptFailure } from '../scripts.ts';
import type { RunContext, SystemTask } from '../system-task.ts';

/**
 * DO_WHILE: repeats its tasks while the condition holds, or for each of `items` while it holds. Its output has the
 * outputs of each round under the number of the round.
 */
export const doWhile: SystemTask = {
  map(task) {
    const { items } = task.planned.task;
    if (items !== undefined)
      task.loopItems = asItems(compileTemplate(items)(resolveContext(task.workflow, task.taskId)));
    return [];
  },
  async run(task, context) {
    if (task.loopItems?.length === 0) return complete(task, { iteration: 0 });
    if (task.iteration === 0) return beginRound(task, context);
    const round = lastAttempts(task);
    const failed = round.findIndex((one) => !isSuccessful(one.status));
    // As on the real server it holds the outputs themselves: what a script adds to its own is seen here.
    const outputs = (failed < 0 ? round : round.slice(0, failed + 1)).map((one) => [nameOf(one), one.outputData]);
    task.outputData[task.iteration] = Object.fromEntries(outputs);
    keepLast(task, (iteration) => delete task.outputData[iteration]);
    if (failed >= 0) {
      return fail(task, 'FAILED', `${round[failed]?.reasonForIncompletion ?? null} `);
    }
    if (!isRoundOver(task, round)) return false;
    try {
      if (!(await goesOn(task, context))) return complete(task, {});
    } catch (error) {
      if (!(error instanceof ScriptFailure)) throw error;
      const { loopCondition } = task.planned.task;
      const reason = `Unable to evaluate condition ${loopCondition}, exception ${error.message}`;
      return fail(task, 'FAILED_WITH_TERMINAL_ERROR', reason);
    }
    return isTerminal(task.status) ? false : beginRound(task, context);
  },
  atRest(task) {
    delete task.outputData[task.iteration];
  },
};

/** One item may stand alone; nothing is none. */
function asItems(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function complete(task: Task, output: Json): true {
  Object.assign(task.outputData, output);
  task.status = 'COMPLETED';
  return true;
}

function fail(task: Task, status: 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR', reason: string): true {
  task.status = status;
  task.reasonForIncompletion = reason;
  return true;
}

async function beginRound(task: Task, { mapTasks, machinery, schedule }: RunContext): Promise<true> {
  const { workflow, planned, loopItems } = task;
  task.iteration += 1;
  task.outputData.iteration = task.iteration;
  if (loopItems) {
    Object.assign(task.outputData, { loopIndex: task.iteration - 1, loopItem: loopItems[task.iteration - 1] });
  }
  const dropped: Task[] = [];
  keepLast(task, (iteration) => dropped.push(...tasksOfRound(workflow, task, iteration)));
  if (planned.loop) schedule(await mapTasks(planned.loop, task.iteration));
  for (const old of dropped) {
    workflow.tasks.splice(workflow.tasks.indexOf(old), 1);
    machinery.forgetTask(old);
  }
  return true;
}

/** Calls `drop` for each round that `keepLastN` does not keep. @throws {ConductorError} 500 when that is no whole number. */
function keepLast(task: Task, drop: (iteration: number) => void): void {
  const keep = task.inputData.keepLastN ?? undefined;
  if (keep === undefined) return;
  if (typeof keep !== 'number' || !Number.isInteger(keep)) {
    throw new ConductorError(500, `keepLastN of ${task.reference} cannot be cast to class java.lang.Integer`);
  }
  for (let iteration = Math.min(task.iteration - keep, task.iteration); iteration > 0; iteration--) drop(iteration);
}

function nameOf(task: Task): string {
  return task.planned.task.taskReferenceName;
}

function tasksOfRound(workflow: Workflow, loop: Task, iteration: number): Task[] {
  const { all } = loop.planned.repeated;
  return workflow.tasks.filter((task) => task.iteration === iteration && all.has(nameOf(task)));
}

/** The tasks of the round it is in, of each the last attempt. */
function lastAttempts(loop: Task): Task[] {
  const last = new Map<string, Task>();
  for (const task of tasksOfRound(loop.workflow, loop, loop.iteration)) last.set(task.reference, task);
  return [...last.values()];
}

function isRoundOver({ planned, iteration }: Task, round: readonly Task[]): boolean {
  const begun = new Set(round.map((task) => task.reference));
  const allBegun = planned.repeated.outermost.every((reference) => begun.has(inRound(reference, iteration)));
  return allBegun && round.every((task) => isTerminal(task.status));
}

/** Whether there is another round. @throws {ScriptFailure} */
async function goesOn(task: Task, { machinery }: RunContext): Promise<boolean> {
  const { workflow, planned, loopItems, outputData } = task;
  if (loopItems && task.iteration >= loopItems.length) return false;
  const condition = planned.task.loopCondition ?? '';
  if (condition.trim() === '') return loopItems !== undefined;
  const input: Json = planned.input(resolveContext(workflow, task.taskId));
  input[task.reference] = outputData;
  for (const one of workflow.tasks) if (planned.repeated.all.has(nameOf(one))) input[nameOf(one)] = one.outputData;
  if (loopItems) Object.assign(input, { loopIndex: outputData.loopIndex, loopItem: outputData.loopItem });
  const source = { script: condition, input, workflow: workflow.plan.def.name, task: task.reference };
  const value = await machinery.scripts.run(source);
  return typeof value === 'number' ? value > 0 : value === true;
}
