import { randomUUID } from 'node:crypto';
import { fillIn, type Plan } from '../definitions/plan.ts';
import type { StartRequest } from './machinery.ts';
import type { Workflow } from './model.ts';

/** A workflow that has not begun yet. Members of `inputTemplate` that its input lacks are added. */
export function newWorkflow(plan: Plan, { input, taskToDomain = {}, ...request }: StartRequest): Workflow {
  const { inputTemplate, variables } = plan.def;
  const empty = Object.keys(input).length === 0;
  return {
    parentWorkflowId: undefined,
    parentWorkflowTaskId: undefined,
    ...request,
    taskToDomain,
    workflowId: randomUUID(),
    plan,
    // The real server leaves an empty input empty.
    input: empty ? {} : fillIn(input, inputTemplate),
    createTime: Date.now(),
    tasks: [],
    status: 'RUNNING',
    output: {},
    variables: { ...variables },
    reasonForIncompletion: undefined,
    updateTime: 0,
    endTime: 0,
    lastRetriedTime: 0,
    failed: [],
    cancelTimer: undefined,
    deciding: undefined,
    changed: false,
    watchers: new Set(),
  };
}
