import { isJson } from '../../definitions/fields.ts';
import type { Json } from '../../definitions/types.ts';
import type { SystemTask } from '../system-task.ts';

/** TERMINATE: ends the workflow, as its input says; deciding sees that it is complete. */
export const terminate: SystemTask = {
  run(task) {
    const { terminationStatus, workflowOutput } = task.inputData;
    if (!['COMPLETED', 'FAILED', 'TERMINATED'].includes(terminationStatus as string)) {
      task.reasonForIncompletion = 'given termination status is not valid';
      task.status = 'FAILED';
      return false;
    }
    task.outputData = terminateOutput(workflowOutput);
    task.status = 'COMPLETED';
    return true;
  },
};

function terminateOutput(output: unknown): Json {
  if (output === null || output === undefined) return {};
  return isJson(output) ? { ...output } : { output };
}
