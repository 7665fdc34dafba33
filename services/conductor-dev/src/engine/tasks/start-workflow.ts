import { Fields, isJson } from '../../definitions/fields.ts';
import type { Plan } from '../../definitions/plan.ts';
import { readWorkflowDef } from '../../definitions/workflow-def.ts';
import { ConductorError } from '../../errors.ts';
import type { Machinery, StartRequest } from '../machinery.ts';
import { isTerminal, type Task } from '../model.ts';
import type { SystemTask } from '../system-task.ts';

/** START_WORKFLOW: starts another workflow and does not wait for its end. */
export const startWorkflow: SystemTask = {
  isQueued: true,
  run(task, { machinery }) {
    if (task.started) return false;
    task.pollCount += 1;
    try {
      launch(task, machinery);
      return false;
    } catch (error) {
      if (!(error instanceof ConductorError)) throw error;
      fail(task, error);
      return true;
    }
  },
};

/** @throws {ConductorError} when the request cannot be read, or there is no such workflow. */
function launch(task: Task, machinery: Machinery): void {
  const { plan, request } = readRequest(task, machinery);
  const { workflow, started } = machinery.startWorkflow(plan, request);
  task.started = workflow;
  const end = (note: () => void) => {
    task.started = undefined;
    if (isTerminal(task.status)) return;
    note();
    machinery.wake(task.workflow);
  };
  const complete = () => {
    task.outputData = { workflowId: workflow.workflowId };
    task.status = 'COMPLETED';
  };
  started.then(
    () => end(complete),
    (error: Error) => end(() => fail(task, error)),
  );
}

function readRequest({ inputData, workflow }: Task, { definitions }: Machinery): { plan: Plan; request: StartRequest } {
  const given = inputData.startWorkflow ?? undefined;
  if (given === undefined) throw new ConductorError(400, "Missing 'startWorkflow' in input data.");
  const fields = readFields(given);
  const [name, priority] = [fields.text('name'), fields.integer('priority', 0)];
  if (name === undefined) throw invalid('name', 'Workflow name cannot be null or empty');
  if (priority < 0) throw invalid('priority', `priority: ${priority} should be minimum 0`);
  if (priority > 99) throw invalid('priority', `priority: ${priority} should be maximum 99`);
  const definition = fields.object('workflowDef', undefined);
  const domains = fields.object('taskToDomain', {});
  return {
    plan: definition
      ? definitions.planOf(readWorkflowDef(definition))
      : definitions.plan(name, fields.integer('version', undefined)),
    request: {
      input: fields.object('input', {}),
      correlationId: fields.text('correlationId')?.trim() ? fields.text('correlationId') : workflow.correlationId,
      priority,
      createdBy: fields.text('createdBy'),
      taskToDomain: Object.keys(domains).length > 0 ? domains : workflow.taskToDomain,
    },
  };
}

function readFields(given: unknown): Fields {
  if (!isJson(given)) throw new ConductorError(400, 'Error reading StartWorkflowRequest. It has to be an object');
  return new Fields(given, 'StartWorkflowRequest');
}

function invalid(member: string, message: string): ConductorError {
  return new ConductorError(400, `startWorkflow validation failed. '${member}' -> ${message}. `);
}

function fail(task: Task, error: Error): void {
  task.status = 'FAILED';
  task.reasonForIncompletion = error.message;
}
