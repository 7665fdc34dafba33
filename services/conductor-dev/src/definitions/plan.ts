import { badRequest } from '../errors.ts';
import { compileMap, type ResolveContext } from '../expressions/template.ts';
import { collectTasks } from './collect-tasks.ts';
import { adHocTaskDef } from './task-def.ts';
import type { Json, TaskDef, WorkflowDef, WorkflowTask } from './types.ts';

/** A task of a workflow, made ready to run: its definition found, its expressions compiled, its successor known. */
export interface PlannedTask {
  task: WorkflowTask;
  taskDef: TaskDef;
  input(context: ResolveContext): Json;
  /** The first task of each case of a SWITCH; undefined for a case without tasks. */
  cases: ReadonlyMap<string, PlannedTask | undefined>;
  defaultCase: PlannedTask | undefined;
  /** The first task of each branch of a FORK_JOIN; undefined for a branch without tasks. */
  branches: readonly (PlannedTask | undefined)[];
  /** The first task that a DO_WHILE repeats. */
  loop: PlannedTask | undefined;
  /** Reference names of the outermost tasks that a DO_WHILE repeats, and of all inside them. */
  repeated: { outermost: readonly string[]; all: ReadonlySet<string> };
  /** What comes after it, also after the last task of a case or branch. Nothing comes after TERMINATE, or after a round of a loop. */
  next: PlannedTask | undefined;
}

/** A workflow definition, made ready to run. Workflows keep the one they were started with. */
export interface Plan {
  /** As clients see it: with the definitions of its tasks. */
  def: WorkflowDef;
  first: PlannedTask;
  /** Reference names of the outermost tasks. */
  outermost: readonly string[];
  /** Every task of the definition, those inside others included. */
  byReference: ReadonlyMap<string, PlannedTask>;
  /** Plans a task that is only known when the workflow runs. Nothing follows it, nor a task inside it, as on the real server. */
  planMore(task: WorkflowTask): PlannedTask;
  output: ((context: ResolveContext) => Json) | undefined;
}

type FindTaskDef = (name: string) => TaskDef | undefined;

/** `findTaskDef` gives a registered definition; a task without one gets the defaults of its type. */
export function makePlan(def: WorkflowDef, findTaskDef: FindTaskDef): Plan {
  const planned = new Map<string, PlannedTask>();
  const first = planner(findTaskDef, (task) => planned.set(task.task.taskReferenceName, task)).chain(def.tasks);
  if (!first) throw badRequest(`workflow ${def.name} has no tasks`);
  return {
    def: { ...def, tasks: def.tasks.map((task) => withDefinitions(task, planned)) },
    first,
    outermost: def.tasks.map((task) => task.taskReferenceName),
    byReference: planned,
    planMore: (task) => planner((name) => findTaskDef(name) ?? undefinedTaskDef(name)).plan(task, undefined),
    output: Object.keys(def.outputParameters).length > 0 ? compileMap(def.outputParameters) : undefined,
  };
}

/** What is only known when the workflow runs, and has no definition, is not tried again. */
function undefinedTaskDef(name: string): TaskDef {
  return { ...adHocTaskDef(name, 'SIMPLE'), retryCount: 0 };
}

/** Plans tasks, and tells of each, those inside others too. Without `note` none has a successor. */
function planner(findTaskDef: FindTaskDef, note?: (task: PlannedTask) => void) {
  /** Plans a list of tasks from its end, so that each knows its successor, and gives the first. */
  const chain = (tasks: readonly WorkflowTask[], after?: PlannedTask): PlannedTask | undefined => {
    let next = after;
    for (const task of tasks.toReversed()) next = plan(task, note ? next : undefined);
    return tasks.length === 0 ? undefined : next;
  };
  const plan = (task: WorkflowTask, next: PlannedTask | undefined): PlannedTask => {
    const taskDef = task.taskDefinition ?? findTaskDef(task.name) ?? adHocTaskDef(task.name, task.type);
    const cases = Object.entries(task.decisionCases);
    const planned: PlannedTask = {
      task: { ...task, taskDefinition: taskDef },
      taskDef,
      input: compileInput(task, taskDef),
      cases: new Map(cases.map(([label, tasks]) => [label, chain(tasks, next)])),
      defaultCase: chain(task.defaultCase, next),
      branches: task.forkTasks.map((branch) => chain(branch, next)),
      loop: chain(task.loopOver),
      repeated: {
        outermost: task.loopOver.map((child) => child.taskReferenceName),
        all: new Set(collectTasks(task.loopOver).map((child) => child.taskReferenceName)),
      },
      next: task.type === 'TERMINATE' ? undefined : next,
    };
    note?.(planned);
    return planned;
  };
  return { chain, plan };
}

/**
 * A task's parameters, and those of its definition's template that it does not set. What resolves to null takes the
 * template's value, expressions in it unresolved, as on the real server. Only SIMPLE and INLINE tasks use the template.
 */
function compileInput(task: WorkflowTask, { inputTemplate }: TaskDef): PlannedTask['input'] {
  const templated = (task.type === 'SIMPLE' || task.type === 'INLINE') && Object.keys(inputTemplate).length > 0;
  if (!templated) return compileMap(task.inputParameters);
  const resolve = compileMap(fillIn(task.inputParameters, inputTemplate));
  return (context) => {
    const input = resolve(context);
    for (const [name, value] of Object.entries(input)) {
      if (value === null && Object.hasOwn(inputTemplate, name)) input[name] = inputTemplate[name];
    }
    return input;
  };
}

/** A map with the members of a template that it lacks; one that is null is lacking. */
export function fillIn(given: Json, template: Json): Json {
  const lacking = Object.entries(template).filter(([name]) => (given[name] ?? null) === null);
  return { ...given, ...Object.fromEntries(lacking) };
}

/** The task with its definition, those inside it likewise. */
function withDefinitions(task: WorkflowTask, planned: ReadonlyMap<string, PlannedTask>): WorkflowTask {
  const complete = planned.get(task.taskReferenceName)?.task ?? task;
  const inside = (tasks: WorkflowTask[]) => tasks.map((child) => withDefinitions(child, planned));
  const cases = Object.entries(complete.decisionCases);
  return Object.assign(complete, {
    decisionCases: Object.fromEntries(cases.map(([label, tasks]) => [label, inside(tasks)])),
    defaultCase: inside(complete.defaultCase),
    forkTasks: complete.forkTasks.map(inside),
    loopOver: inside(complete.loopOver),
  });
}
