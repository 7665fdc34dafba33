import type { Task, Workflow } from '../engine/model.ts';
import type { WaitResult } from '../engine/wait-for-workflow.ts';

/** How workflows and tasks look in answers: the members of Conductor OSS 3.32.3, in its order. Undefined ones are left out. */

export function taskView(task: Task) {
  const { workflow, planned } = task;
  return {
    taskType: task.taskType,
    status: task.status,
    inputData: task.inputData,
    referenceTaskName: task.reference,
    retryCount: task.retryCount,
    seq: task.seq,
    correlationId: workflow.correlationId,
    pollCount: task.pollCount,
    taskDefName: task.taskDefName,
    scheduledTime: task.scheduledTime,
    startTime: task.startTime,
    endTime: task.endTime,
    updateTime: task.updateTime,
    startDelayInSeconds: task.startDelayInSeconds,
    retriedTaskId: task.retriedTaskId,
    retried: task.retried,
    executed: task.executed,
    callbackFromWorker: true,
    responseTimeoutSeconds: task.type === 'SIMPLE' ? planned.taskDef.responseTimeoutSeconds : 0,
    workflowInstanceId: workflow.workflowId,
    workflowType: workflow.plan.def.name,
    taskId: task.taskId,
    reasonForIncompletion: task.reasonForIncompletion,
    callbackAfterSeconds: task.callbackAfterSeconds,
    workerId: task.workerId,
    outputData: task.outputData,
    domain: task.domain,
    workflowTask: planned.task,
    rateLimitPerFrequency: 0,
    rateLimitFrequencyInSeconds: task.type === 'SIMPLE' ? planned.taskDef.rateLimitFrequencyInSeconds : 0,
    workflowPriority: workflow.priority,
    iteration: task.iteration,
    subWorkflowId: task.subWorkflowId,
    subworkflowChanged: false,
    firstStartTime: 0,
    executionMetadata: { additionalContext: {}, empty: true, additionalContextMap: {} },
    taskDefinition: planned.taskDef,
    loopOverTask: task.iteration > 0,
    queueWaitTime: task.startTime > 0 ? task.startTime - task.scheduledTime : 0,
  };
}

export function workflowView(workflow: Workflow, includeTasks: boolean) {
  const { def } = workflow.plan;
  return {
    ownerApp: '',
    createTime: workflow.createTime,
    updateTime: workflow.updateTime,
    createdBy: workflow.createdBy,
    status: workflow.status,
    endTime: workflow.endTime,
    workflowId: workflow.workflowId,
    parentWorkflowId: workflow.parentWorkflowId,
    parentWorkflowTaskId: workflow.parentWorkflowTaskId,
    tasks: includeTasks ? workflow.tasks.map(taskView) : [],
    input: workflow.input,
    output: workflow.output,
    correlationId: workflow.correlationId,
    taskToDomain: workflow.taskToDomain,
    reasonForIncompletion: workflow.reasonForIncompletion,
    failedReferenceTaskNames: [...new Set(workflow.failed.map((task) => task.reference))],
    workflowDefinition: def,
    priority: workflow.priority,
    variables: workflow.variables,
    lastRetriedTime: workflow.lastRetriedTime,
    failedTaskNames: [...new Set(workflow.failed.map((task) => task.taskDefName))],
    history: [],
    rateLimited: false,
    startTime: workflow.createTime,
    workflowName: def.name,
    workflowVersion: def.version,
  };
}

/** The light status: no reason, no times. */
export function statusView(workflow: Workflow, includeOutput: boolean, includeVariables: boolean) {
  return {
    workflowId: workflow.workflowId,
    correlationId: workflow.correlationId || undefined,
    output: includeOutput ? workflow.output : undefined,
    variables: includeVariables ? workflow.variables : undefined,
    status: workflow.status,
  };
}

export const returnStrategies = [
  'TARGET_WORKFLOW',
  'BLOCKING_WORKFLOW',
  'BLOCKING_TASK',
  'BLOCKING_TASK_INPUT',
] as const;
export type ReturnStrategy = (typeof returnStrategies)[number];

/** The answer of `execute`; undefined when a blocking task is asked for and none blocks. */
export function signalResponse(workflow: Workflow, wait: WaitResult, strategy: ReturnStrategy, requestId: string) {
  const common = {
    responseType: strategy,
    targetWorkflowId: workflow.workflowId,
    targetWorkflowStatus: workflow.status,
    requestId,
    workflowId: workflow.workflowId,
    correlationId: workflow.correlationId,
  };
  if (strategy === 'TARGET_WORKFLOW' || strategy === 'BLOCKING_WORKFLOW') {
    return {
      ...common,
      input: workflow.input,
      output: workflow.output,
      signalTimeout: wait.timedOut,
      priority: workflow.priority,
      variables: workflow.variables,
      tasks: workflow.tasks.map(taskView),
      createdBy: workflow.createdBy,
      createTime: workflow.createTime,
      status: workflow.status,
      updateTime: workflow.updateTime,
    };
  }
  const [task] = wait.blocking;
  if (!task) return undefined;
  return {
    ...common,
    input: task.inputData,
    output: task.outputData,
    signalTimeout: wait.timedOut,
    taskType: task.taskType,
    taskId: task.taskId,
    referenceTaskName: task.reference,
    retryCount: task.retryCount,
    taskDefName: task.taskDefName,
    retriedTaskId: task.retriedTaskId,
    workflowType: workflow.plan.def.name,
    reasonForIncompletion: task.reasonForIncompletion,
    priority: workflow.priority,
    createdBy: task.workerId,
    createTime: task.startTime,
    updateTime: task.updateTime,
    status: task.status,
  };
}
