import type { SystemTask } from '../system-task.ts';

/** The real server's limit for the variables of a workflow, in bytes of JSON. */
const MAX_VARIABLES_BYTES = 256 * 1024;

/** SET_VARIABLE: adds its input to the variables of the workflow. */
export const setVariable: SystemTask = {
  run(task) {
    const { workflow } = task;
    const variables = { ...workflow.variables, ...task.inputData };
    const size = Buffer.byteLength(JSON.stringify(variables));
    if (size > MAX_VARIABLES_BYTES) {
      const limit = MAX_VARIABLES_BYTES / 1024;
      task.reasonForIncompletion = `The variables payload size: ${size} of workflow: ${workflow.workflowId} is greater than the permissible limit: ${limit} kilobytes`;
      task.status = 'FAILED_WITH_TERMINAL_ERROR';
    } else {
      workflow.variables = variables;
      task.status = 'COMPLETED';
    }
    return true;
  },
};
