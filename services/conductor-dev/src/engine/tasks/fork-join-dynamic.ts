import { isJson } from '../../definitions/fields.ts';
import type { Json, WorkflowTask } from '../../definitions/types.ts';
import { readWorkflowTask } from '../../definitions/workflow-task.ts';
import { ConductorError } from '../../errors.ts';
import { javaText } from '../../expressions/java-text.ts';
import { EndWorkflow, type Task } from '../model.ts';
import type { SystemTask } from '../system-task.ts';
import { completeFork } from './fork-join.ts';
import { sameTaskForEach } from './fork-task-inputs.ts';

/** Tasks to fork, and the input of each by its reference name. */
export interface Forked {
  tasks: WorkflowTask[];
  inputs: Json;
}

/** FORK_JOIN_DYNAMIC: begins the tasks that stand in its input, and the JOIN that waits for them. It is complete at once. */
export const forkJoinDynamic: SystemTask = {
  shownAs: 'FORK',
  shownName: 'FORK',
  async map(task, { mapTasks }) {
    const { workflow, planned, inputData } = task;
    const { tasks, inputs } = sameTaskForEach(task) ?? tasksOfParameters(task) ?? tasksOfOldParameter(task);
    const forked: Task[] = [];
    const joinOn: string[] = [];
    for (const one of tasks) {
      const mapped = await mapTasks(workflow.plan.planMore(one));
      for (const other of mapped) addInput(other, inputs[other.reference]);
      forked.push(...mapped);
      joinOn.push(mapped.at(-1)?.reference ?? one.taskReferenceName);
    }
    const join = planned.next;
    if (join?.task.type !== 'JOIN') {
      throw new EndWorkflow(
        'Dynamic join definition is not followed by a join task.  Check the workflow definition.',
        'FAILED',
      );
    }
    const joins = await mapTasks(join);
    for (const one of joins) one.inputData = { joinOn };
    completeFork(task);
    task.inputData = {
      ...inputData,
      forkedTasks: tasks.map((one) => one.taskReferenceName),
      forkedTaskDefs: tasks.map((one) => withInput(one, inputs[one.taskReferenceName])),
    };
    return [...forked, ...joins];
  },
};

function withInput(task: WorkflowTask, input: unknown): WorkflowTask {
  return isJson(input) ? { ...task, inputParameters: { ...task.inputParameters, ...input } } : task;
}

/** What is given for a SUB_WORKFLOW task is the input of the workflow it starts. */
function addInput(task: Task, given: unknown): void {
  if (!isJson(given)) return;
  const { workflowInput } = task.inputData;
  if (task.type === 'SUB_WORKFLOW' && isJson(workflowInput)) {
    task.inputData = { ...task.inputData, workflowInput: { ...workflowInput, ...given } };
  } else task.inputData = { ...task.inputData, ...given };
}

/** Tasks as they stand in a definition, in one parameter, and their inputs in another. @throws {EndWorkflow} */
function tasksOfParameters({ planned, inputData }: Task): Forked | undefined {
  const { dynamicForkTasksParam, dynamicForkTasksInputParamName = '' } = planned.task;
  if (dynamicForkTasksParam === undefined) return undefined;
  const given = inputData[dynamicForkTasksParam] ?? null;
  const tasks = readTasks(given);
  if (!tasks) {
    throw new EndWorkflow(
      `Input '${dynamicForkTasksParam}' is invalid. Cannot deserialize a list of Workflow Tasks from '${javaText(given)}'`,
      'FAILED',
    );
  }
  const inputs = inputData[dynamicForkTasksInputParamName] ?? null;
  if (!isJson(inputs)) {
    throw new EndWorkflow(
      `Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found ${javaText(inputs)}`,
      'FAILED',
    );
  }
  return { tasks, inputs };
}

/** Undefined for what is no list of tasks. @throws {ConductorError} 501 for a task that this server does not run. */
function readTasks(given: unknown): WorkflowTask[] | undefined {
  if (!Array.isArray(given)) return undefined;
  try {
    const tasks = given.map(readWorkflowTask);
    return tasks.every((task) => task.taskReferenceName !== '') ? tasks : undefined;
  } catch (error) {
    if (error instanceof ConductorError && error.status !== 501) return undefined;
    throw error;
  }
}

/** `{dynamicTasks: [{taskName, referenceName, type, input}]}`, the form of old definitions. @throws {EndWorkflow} */
function tasksOfOldParameter({ planned, inputData }: Task): Forked {
  const { dynamicForkJoinTasksParam = '' } = planned.task;
  const given = inputData[dynamicForkJoinTasksParam];
  if (!isJson(given) || !Array.isArray(given.dynamicTasks)) {
    throw new EndWorkflow(
      `Dynamic tasks could not be created. The value of ${dynamicForkJoinTasksParam} from task's input ${javaText(inputData)} has no dynamic tasks to be scheduled`,
      'FAILED',
    );
  }
  const entries = given.dynamicTasks.filter(isJson);
  const tasks = entries.map(({ taskName: name, referenceName: taskReferenceName, type }) =>
    readWorkflowTask({ name, taskReferenceName, type }),
  );
  return {
    tasks,
    inputs: Object.fromEntries(entries.map(({ referenceName, input }) => [javaText(referenceName), input])),
  };
}
