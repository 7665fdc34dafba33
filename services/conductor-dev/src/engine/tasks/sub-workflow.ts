import type { Plan } from '../../definitions/plan.ts';
import { isJson } from '../../definitions/fields.ts';
import type { SubWorkflowParam } from '../../definitions/types.ts';
import { readWorkflowDef } from '../../definitions/workflow-def.ts';
import { ConductorError } from '../../errors.ts';
import { javaText } from '../../expressions/java-text.ts';
import { compileTemplate } from '../../expressions/template.ts';
import type { Machinery } from '../machinery.ts';
import { isOver, isTerminal, type Task, type Workflow } from '../model.ts';
import { resolveContext } from '../scope.ts';
import type { SystemTask } from '../system-task.ts';

/** SUB_WORKFLOW: starts another workflow and has its outcome. When it is canceled, so is that workflow. */
export const subWorkflow: SystemTask = {
  isQueued: true,
  map(task, { machinery }) {
    task.inputData = subWorkflowInput(task, machinery);
    return [];
  },
  run(task, { machinery }) {
    if (!task.started) return launch(task, machinery);
    if (!isOver(task.started)) return false;
    settle(task, task.started);
    return true;
  },
};

/** What the task is to start. @throws {ConductorError} 500 when there is nothing under its name. */
function subWorkflowInput(task: Task, { definitions }: Machinery) {
  const param: SubWorkflowParam = task.planned.task.subWorkflowParam ?? {};
  const resolve = (value: unknown) => compileTemplate(value)(resolveContext(task.workflow, task.taskId)) ?? null;
  // A definition that stands here keeps its own expressions.
  const inner = isJson(param.workflowDefinition) ? param.workflowDefinition : undefined;
  const definition = inner ?? resolve(param.workflowDefinition);
  const name = inner ? inner.name : resolve(param.name);
  const version = inner ? undefined : (param.version ?? definitions.findWorkflow(javaText(name), undefined)?.version);
  if (!inner && version === undefined) {
    throw new ConductorError(
      500,
      `The Task ${javaText(name)} defined as a sub-workflow has no workflow definition available `,
    );
  }
  return {
    subWorkflowName: name,
    subWorkflowVersion: isJson(definition) ? null : version,
    subWorkflowDefinition: definition,
    subWorkflowTaskToDomain: resolve(param.taskToDomain),
    priority: resolve(param.priority),
    idempotencyKey: null,
    idempotencyStrategy: null,
    workflowInput: task.inputData,
  };
}

/** True when it cannot be started. */
function launch(task: Task, machinery: Machinery): boolean {
  const { workflow, inputData } = task;
  const { workflowInput, subWorkflowDefinition, subWorkflowTaskToDomain, priority } = inputData;
  task.pollCount += 1;
  let launched: ReturnType<Machinery['startWorkflow']>;
  try {
    launched = machinery.startWorkflow(findPlan(task, machinery), {
      input: {
        ...(isJson(workflowInput) && Object.keys(workflowInput).length > 0 ? workflowInput : inputData),
        ...(subWorkflowDefinition ? { _systemMetadata: { dynamic: true } } : {}),
      },
      correlationId: workflow.correlationId,
      priority: typeof priority === 'number' ? priority : 0,
      createdBy: undefined,
      taskToDomain: isJson(subWorkflowTaskToDomain) ? subWorkflowTaskToDomain : workflow.taskToDomain,
      parentWorkflowId: workflow.workflowId,
      parentWorkflowTaskId: task.taskId,
    });
  } catch (error) {
    // No such workflow, or no room for one more.
    if (!(error instanceof ConductorError)) throw error;
    fail(task, error);
    return true;
  }
  const { workflow: child, started } = launched;
  task.started = child;
  task.subWorkflowId = child.workflowId;
  task.outputData = { subWorkflowId: child.workflowId };
  started.catch((error: Error) => {
    if (isTerminal(task.status)) return;
    fail(task, error);
    machinery.wake(workflow);
  });
  return false;
}

/** @throws {ConductorError} when there is no such workflow, or its definition cannot be read. */
function findPlan({ inputData }: Task, { definitions }: Machinery): Plan {
  const { subWorkflowName, subWorkflowVersion, subWorkflowDefinition } = inputData;
  if (isJson(subWorkflowDefinition)) return definitions.planOf(readWorkflowDef(subWorkflowDefinition));
  const version = typeof subWorkflowVersion === 'number' ? subWorkflowVersion : undefined;
  return definitions.plan(javaText(subWorkflowName), version);
}

function fail(task: Task, error: Error): void {
  task.status = 'FAILED';
  task.reasonForIncompletion = error.message;
  task.started = undefined;
}

const outcomes = { COMPLETED: 'COMPLETED', FAILED: 'FAILED', TERMINATED: 'CANCELED', TIMED_OUT: 'TIMED_OUT' } as const;

/** Gives a task the outcome of the workflow that it started, which has ended. */
function settle(task: Task, child: Workflow): void {
  const { name, version } = child.plan.def;
  task.status = outcomes[child.status as keyof typeof outcomes];
  task.outputData = { ...task.outputData, ...child.output };
  const reason = `Sub workflow ${name}.${version}/${child.workflowId} failure reason: ${child.reasonForIncompletion ?? null}`;
  task.reasonForIncompletion = task.status === 'COMPLETED' ? undefined : reason;
  task.started = undefined;
}

/** What a workflow is terminated with when the one that started it has ended. */
export function parentEnded({ status, reasonForIncompletion: reason }: Workflow): string {
  return reason
    ? `Parent workflow has been terminated with reason: ${reason}`
    : `Parent workflow has been terminated with status ${status}`;
}
