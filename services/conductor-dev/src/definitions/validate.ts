import { unsupported, type Violation } from '../errors.ts';
import { compilePath, PathError } from '../expressions/json-path.ts';
import { findExpressions } from '../expressions/template.ts';
import { collectTasks } from './collect-tasks.ts';
import { isJson } from './fields.ts';
import type { WorkflowDef, WorkflowTask } from './types.ts';
import { typeFaults } from './validate-types.ts';

/**
 * The faults the real server finds in a workflow definition, each with its path below `path`.
 *
 * @throws {ConductorError} 501 for an expression that only a real server can resolve.
 */
export function workflowDefViolations(def: WorkflowDef, path: string, scriptFaults: ScriptFaults): Violation[] {
  const found: Violation[] = [];
  if (def.name === '') found.push({ path: `${path}.name`, message: 'WorkflowDef name cannot be null or empty' });
  if (def.tasks.length === 0) found.push({ path: `${path}.tasks`, message: 'WorkflowTask list cannot be empty' });
  if (def.schemaVersion !== 2) {
    const message = 'workflowDef schemaVersion: 2 is only supported';
    found.push({ path: `${path}.schemaVersion`, message, invalidValue: String(def.schemaVersion) });
  }
  const all = collectTasks(def.tasks);
  const references = new Set<string>();
  for (const { taskReferenceName } of all) {
    if (references.has(taskReferenceName)) {
      const message = `taskReferenceName: ${taskReferenceName} should be unique across tasks for a given workflowDefinition: ${def.name}`;
      found.push({ path, message });
    }
    references.add(taskReferenceName);
  }
  // The real server looks at the expressions of the outermost tasks alone.
  for (const task of def.tasks) {
    found.push(...expressionFaults(task, references).map((message) => ({ path, message })));
  }
  for (const task of all) refuseForeign(task.inputParameters);
  refuseForeign(def.outputParameters);
  def.tasks.forEach((task, index) => {
    found.push(...taskViolations(task, `${path}.tasks[${index}]`, scriptFaults));
  });
  return found;
}

/** Tasks whose script does not compile, with what is wrong. */
type ScriptFaults = ReadonlyMap<WorkflowTask, string>;

function taskViolations(task: WorkflowTask, path: string, scriptFaults: ScriptFaults): Violation[] {
  const found: Violation[] = [];
  if (task.name === '') found.push({ path: `${path}.name`, message: 'WorkflowTask name cannot be empty or null' });
  if (task.taskReferenceName === '') {
    const message = 'WorkflowTask taskReferenceName name cannot be empty or null';
    found.push({ path: `${path}.taskReferenceName`, message });
  }
  const fault = scriptFaults.get(task);
  if (fault !== undefined) {
    found.push({ path, message: `Expression is not well formatted: ${fault}, taskType: SWITCH taskName ${task.name}` });
  }
  found.push(...typeFaults(task).map((message) => ({ path, message })));
  const inside = (tasks: WorkflowTask[], where: string) =>
    tasks.forEach((child, index) => found.push(...taskViolations(child, `${path}.${where}[${index}]`, scriptFaults)));
  for (const [label, tasks] of Object.entries(task.decisionCases)) {
    inside(tasks, `decisionCases[${label}].<map value>`);
  }
  inside(task.defaultCase, 'defaultCase');
  task.forkTasks.forEach((branch, index) => inside(branch, `forkTasks[${index}].<list element>`));
  inside(task.loopOver, 'loopOver');
  return found;
}

/**
 * Expressions that name no task of the workflow, or cannot be read. As on the real server they are found one by one,
 * inside each other too, and begin at a name and a dot.
 */
function expressionFaults(task: WorkflowTask, references: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const { key, text } of strings(task.inputParameters, '')) {
    for (const part of text.split(/(?=(?<!\$)\$\{)|(?<=\})/)) {
      if (!part.startsWith('${') || !part.endsWith('}')) continue;
      const body = part.slice(2, -1);
      const [root = ''] = body.split('.');
      if (!isPath(body)) found.push(`key: ${key} input parameter value: ${body} is not valid`);
      else if (root !== 'workflow' && body !== 'CPEWF_TASK_ID' && !references.has(root)) {
        found.push(
          `taskReferenceName: ${root} for given task: ${task.name} input value: ${key} of input parameter: ${text} is not defined in workflow definition.`,
        );
      }
    }
  }
  return found;
}

/** @throws {PathError} 501 for a path that only a real server can resolve. */
function isPath(text: string): boolean {
  try {
    compilePath(text);
    return true;
  } catch (error) {
    if (error instanceof PathError && error.status === 400) return false;
    throw error;
  }
}

/** @throws {ConductorError} 501 for secrets, environment variables and paths this server cannot resolve. */
function refuseForeign(value: unknown): void {
  for (const { text } of strings(value, '')) {
    for (const { body } of findExpressions(text)) {
      const foreign = /^workflow\.(secrets|env)\./.exec(body)?.[1];
      if (foreign) throw unsupported(`workflow.${foreign} in expressions: ${text}`);
      // What holds another expression is only known when it runs.
      if (!body.includes('${')) isPath(body);
    }
  }
}

/** Every string in a value, with the name of the member it stands under. */
function* strings(value: unknown, key: string): Generator<{ key: string; text: string }> {
  if (typeof value === 'string') yield { key, text: value };
  else if (Array.isArray(value)) for (const item of value) yield* strings(item, key);
  else if (isJson(value)) for (const [name, member] of Object.entries(value)) yield* strings(member, name);
}
