import { javaText } from '../expressions/java-text.ts';
import { parseDuration, parseUntil } from './duration.ts';
import type { WorkflowTask } from './types.ts';

/** What is missing in a task of its type, or wrong, in the words of the real server. */
export function typeFaults(task: WorkflowTask): string[] {
  const needs = (...members: (keyof WorkflowTask & string)[]) =>
    members
      .filter((member) => task[member] === undefined)
      .map((member) => `${member} field is required for ${about(task)}`);
  switch (task.type) {
    case 'SWITCH':
      return switchFaults(task);
    case 'TERMINATE':
      return terminateFaults(task);
    case 'WAIT':
      return waitFaults(task);
    case 'FORK_JOIN':
      return task.forkTasks.length > 0 ? [] : [`forkTasks should have atleast one task for ${about(task)}`];
    case 'FORK_JOIN_DYNAMIC':
      return dynamicForkFaults(task, needs);
    case 'DO_WHILE':
      return [
        ...needs('loopCondition'),
        ...(task.loopOver.length > 0 ? [] : [`loopOver field is required for ${about(task)}`]),
      ];
    case 'SUB_WORKFLOW':
      return needs('subWorkflowParam');
    case 'DYNAMIC':
      return needs('dynamicTaskNameParam');
    case 'HTTP':
      return needsParameter(task, 'http_request', 'uri');
    case 'JSON_JQ_TRANSFORM':
      return needsParameter(task, 'queryExpression');
    default:
      return [];
  }
}

/** One of these parameters at least. */
function needsParameter(task: WorkflowTask, ...names: string[]): string[] {
  if (names.some((name) => task.inputParameters[name] !== undefined)) return [];
  return [`${names.map((name) => `inputParameters.${name}`).join(' or ')} field is required for ${about(task)}`];
}

function about({ type, name }: WorkflowTask): string {
  return `taskType: ${type} taskName: ${name}`;
}

function switchFaults(task: WorkflowTask): string[] {
  const found: string[] = [];
  const required =
    task.evaluatorType === undefined ? 'evaluatorType' : task.expression === undefined ? 'expression' : '';
  if (required) found.push(`${required} field is required for ${about(task)}`);
  if (Object.keys(task.decisionCases).length === 0) {
    found.push(`decisionCases should have atleast one task for ${about(task)}`);
  }
  return found;
}

function terminateFaults(task: WorkflowTask): string[] {
  const found: string[] = [];
  if (task.optional) found.push(`terminate task cannot be optional, taskName: ${task.name}`);
  if (!['COMPLETED', 'FAILED', 'TERMINATED'].includes(String(task.inputParameters.terminationStatus))) {
    found.push(
      `terminate task must have an terminationStatus parameter and must be set to COMPLETED or FAILED, taskName: ${task.name}`,
    );
  }
  return found;
}

/** The tasks of a dynamic fork come from parameters, from one in the old form, or from `forkTaskInputs`. */
function dynamicForkFaults(task: WorkflowTask, needs: (...members: (keyof WorkflowTask & string)[]) => string[]) {
  if (task.inputParameters.forkTaskInputs !== undefined) return [];
  const { dynamicForkJoinTasksParam, dynamicForkTasksParam, dynamicForkTasksInputParamName } = task;
  if (dynamicForkJoinTasksParam === undefined) return needs('dynamicForkTasksParam', 'dynamicForkTasksInputParamName');
  if (dynamicForkTasksParam === undefined && dynamicForkTasksInputParamName === undefined) return [];
  return [
    `dynamicForkJoinTasksParam or combination of dynamicForkTasksInputParamName and dynamicForkTasksParam cam be used for ${about(task)}`,
  ];
}

function waitFaults({ inputParameters }: WorkflowTask): string[] {
  const duration = javaText(inputParameters.duration ?? '').trim();
  const until = javaText(inputParameters.until ?? '').trim();
  const known = (text: string) => text !== '' && !text.startsWith('${');
  const both = "Both 'duration' and 'until' specified. Please provide only one input";
  const found = duration !== '' && until !== '' ? [both] : [];
  if (known(duration)) {
    if (parseDuration(duration) === undefined) found.push('Either date or duration is passed as null ');
  } else if (known(until) && parseUntil(until) === undefined) found.push('Unable to parse date ');
  return found;
}
