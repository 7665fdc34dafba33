import type { PlannedTask } from '../definitions/plan.ts';
import type { Machinery } from './machinery.ts';
import type { Task } from './model.ts';

export interface MapContext {
  machinery: Machinery;
  /** The tasks to schedule for another place in the workflow, or for it in a round of a loop. */
  mapTasks(planned: PlannedTask, iteration?: number): Promise<Task[]>;
}

export interface RunContext extends MapContext {
  /** Adds new tasks to the workflow. */
  schedule(tasks: readonly Task[]): void;
}

/** How tasks of a type that needs no worker behave. */
export interface SystemTask {
  /** What clients see as its `taskType`, when that is not its type, and as its `taskDefName`, when that is not its name. */
  shownAs?: string;
  shownName?: string;
  /**
   * Makes a new task ready and gives what is scheduled with it, after it.
   *
   * @throws {EndWorkflow} when the workflow cannot go on here.
   * @throws {ConductorError} when the call that brought the workflow here fails with it, as on the real server.
   */
  map?(task: Task, context: MapContext): Promise<Task[]> | Task[];
  /** Runs it as far as it can go. True: the state of the workflow changed. A type without `run` stays open until it is told. */
  run?(task: Task, context: RunContext): Promise<boolean> | boolean;
  /** The workflow waits for something: what this open task has noted without a change the real server does not store. */
  atRest?(task: Task): void;
  /** The real server runs it from a queue, so that `startDelay` and the delay of a retry hold for it. */
  isQueued?: boolean;
}
