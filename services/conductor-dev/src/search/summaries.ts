import type { Task, Workflow } from '../engine/model.ts';
import { javaText } from '../expressions/java-text.ts';

/** What the real server's index holds of workflows and tasks: times as text, input and output as Java writes them. */

export function workflowSummary(workflow: Workflow) {
  const { def } = workflow.plan;
  const [input, output] = [javaText(workflow.input), javaText(workflow.output)];
  return {
    workflowType: def.name,
    version: def.version,
    workflowId: workflow.workflowId,
    correlationId: workflow.correlationId,
    startTime: isoTime(workflow.createTime),
    updateTime: isoTime(workflow.updateTime),
    endTime: workflow.endTime > 0 ? isoTime(workflow.endTime) : undefined,
    status: workflow.status,
    input,
    output,
    reasonForIncompletion: workflow.reasonForIncompletion,
    executionTime: workflow.endTime > 0 ? workflow.endTime - workflow.createTime : 0,
    failedReferenceTaskNames: [...new Set(workflow.failed.map((task) => task.reference))].join(','),
    priority: workflow.priority,
    failedTaskNames: [...new Set(workflow.failed.map((task) => task.taskDefName))],
    taskToDomain: {},
    parentWorkflowId: '',
    classifier: 'workflow',
    inputSize: input.length,
    outputSize: output.length,
  };
}

export function taskSummary(task: Task) {
  const { workflow } = task;
  return {
    workflowId: workflow.workflowId,
    workflowType: workflow.plan.def.name,
    correlationId: workflow.correlationId,
    scheduledTime: isoTime(task.scheduledTime),
    startTime: isoTime(task.startTime),
    updateTime: isoTime(task.updateTime),
    endTime: isoTime(task.endTime),
    status: task.status,
    reasonForIncompletion: task.reasonForIncompletion,
    executionTime: task.endTime > 0 && task.startTime > 0 ? task.endTime - task.startTime : 0,
    queueWaitTime: task.startTime > 0 ? task.startTime - task.scheduledTime : 0,
    taskDefName: task.taskDefName,
    taskType: task.taskType,
    input: javaText(task.inputData),
    output: javaText(task.outputData),
    taskId: task.taskId,
    workflowPriority: workflow.priority,
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
