import type { Deadline } from '@rostrum/shared/bus';
import { ConductorError, type ConductorFault } from '../domain/conductor.ts';
import { DueQueue } from './due-queue.ts';
import type { LookTimes } from './look-times.ts';
import type { Seen } from './seen.ts';

/** Pause between two looks: a quarter of the time that has passed, within these (ms). */
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
/**
 * Those who have waited longer than that (ms) share a number of looks a second: few while looks find nothing, so that ten
 * thousand who wait cost next to nothing; more with each that finds an end, since then there are others.
 */
const PATIENT_AFTER_MS = 2_000;
const LEAST_LOOKS_PER_SECOND = 50;
const MOST_LOOKS_PER_SECOND = 1_000;
/** So many of their looks come together: each alone would wake the process up for itself. */
const LOOKS_TOGETHER = 4;
const LOOKS_AFTER_END = 1.05;
const LOOKS_AFTER_NOTHING = 0.998;
/** The last look begins so long before the deadline (ms). */
const LAST_LOOK_MS = 50;
/** A server that finds nothing for so long has forgotten the workflow; for a moment it may, while it restarts (ms). */
const GONE_AFTER_MS = 2_000;

export interface WaitRequest {
  workflowId: string;
  /** What is waited for, as {@link LookTimes} learns it; undefined when it began at a time that is not known. */
  goal: string | undefined;
  deadline: Deadline;
  /** One look that takes no longer than that. @throws {ConductorError} */
  look(withinMs: number): Promise<Seen>;
  /** Called once, when the wait has passed two seconds. */
  onLong?: (() => void) | undefined;
}

/** *running*: the time was up. *handed over*: this process gives the wait up, and another is to answer. */
export type WaitResult = Seen | { kind: 'handed-over' };

class Wait {
  readonly request: WaitRequest;
  readonly began = performance.now();
  readonly #settle = Promise.withResolvers<WaitResult>();
  settled = false;
  looking = false;
  /** Woken while a look was under way that may have been too early. */
  woken = false;
  /** Nothing is to be learned from a look that somebody else has timed. */
  timedByOthers = false;
  /** When it was last asked and still running, after the begin (ms); negative: never. */
  lastRunning = -1;
  failure: ConductorError | undefined;
  unknownSince: number | undefined;
  long = false;

  constructor(request: WaitRequest) {
    this.request = request;
  }

  get result(): Promise<WaitResult> {
    return this.#settle.promise;
  }

  end(result: WaitResult): void {
    this.settled = true;
    this.#settle.resolve(result);
  }

  fail(error: unknown): void {
    this.settled = true;
    this.#settle.reject(error);
  }
}

/** They say nothing about the workflow. */
const stillRunsAfter: ReadonlySet<ConductorFault> = new Set(['timeout', 'overloaded', 'no-credentials']);

/** All waits of the process for workflows: one scheduler, no timer and no loop for any of them. */
export class Waits {
  readonly #times: LookTimes;
  readonly #due = new DueQueue<Wait>((wait) => void this.#look(wait));
  readonly #becomeLong = new DueQueue<Wait>((wait) => this.#passed(wait));
  readonly #waits = new Map<string, Set<Wait>>();
  #size = 0;
  #long = 0;
  #looksPerSecond = LEAST_LOOKS_PER_SECOND;
  #handingOver = false;

  constructor(times: LookTimes) {
    this.#times = times;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Looks until the workflow has ended, or the task that is waited for has, or the time is up (`running`). Failing looks
   * are repeated until then.
   *
   * @throws {ConductorError} when the last look failed too, or Conductor no longer knows the workflow.
   */
  wait(request: WaitRequest): Promise<WaitResult> {
    const wait = new Wait(request);
    const { workflowId, goal } = request;
    if (this.#handingOver) return Promise.resolve({ kind: 'handed-over' });
    const same = this.#waits.get(workflowId);
    if (same) same.add(wait);
    else this.#waits.set(workflowId, new Set([wait]));
    this.#size += 1;
    this.#becomeLong.add(wait, PATIENT_AFTER_MS);
    const first = goal === undefined ? 0 : this.#times.first(goal);
    if (first === 0) void this.#look(wait);
    else this.#schedule(wait, first);
    return wait.result;
  }

  /** The workflow may have ended: looks at once. Nothing else depends on it, so anybody may say so. */
  wake(workflowId: string): boolean {
    const waits = this.#waits.get(workflowId);
    for (const wait of waits ?? []) {
      wait.timedByOthers = true;
      if (wait.looking) wait.woken = true;
      else this.#due.add(wait, 0);
    }
    return waits !== undefined;
  }

  /** Ends all waits as *handed over*, and those that come from now on at once. */
  handOver(): void {
    this.#handingOver = true;
    for (const waits of [...this.#waits.values()]) for (const wait of waits) this.#end(wait, { kind: 'handed-over' });
  }

  #schedule(wait: Wait, ms: number): void {
    const remaining = wait.request.deadline.remaining();
    if (remaining <= LAST_LOOK_MS) return this.#giveUp(wait);
    this.#due.add(wait, Math.min(ms, remaining - LAST_LOOK_MS));
  }

  async #look(wait: Wait): Promise<void> {
    const { request } = wait;
    const withinMs = request.deadline.remaining();
    if (withinMs <= 0) return this.#giveUp(wait);
    wait.looking = true;
    // What is learned is when to ask: how long the answer took is Conductor's queue and ours.
    const asked = performance.now() - wait.began;
    try {
      const seen = await request.look(withinMs);
      wait.failure = wait.unknownSince = undefined;
      if (wait.settled) return;
      if (wait.long) this.#share(seen.kind !== 'running');
      if (seen.kind !== 'running') return this.#seen(wait, seen, asked);
      wait.lastRunning = asked;
      if (request.goal !== undefined) this.#times.running(request.goal, asked);
    } catch (error) {
      if (wait.settled) return;
      if (!(error instanceof ConductorError)) return this.#end(wait, error as Error);
      this.#failed(wait, error);
    } finally {
      wait.looking = false;
    }
    if (wait.settled) return;
    if (wait.woken) {
      wait.woken = false;
      return this.#due.add(wait, 0);
    }
    this.#schedule(wait, this.#pause(wait));
  }

  #seen(wait: Wait, seen: Seen, asked: number): void {
    const { goal } = wait.request;
    if (goal !== undefined && !wait.timedByOthers) this.#times.learn(goal, wait.lastRunning, asked);
    this.#end(wait, seen);
  }

  #failed(wait: Wait, error: ConductorError): void {
    const now = performance.now();
    wait.failure = error;
    // How long it took says nothing about the workflow.
    wait.timedByOthers = true;
    wait.unknownSince = error.fault === 'not-found' ? (wait.unknownSince ?? now) : undefined;
    if (wait.unknownSince !== undefined && now - wait.unknownSince >= GONE_AFTER_MS) this.#end(wait, error);
  }

  #pause(wait: Wait): number {
    const passed = performance.now() - wait.began;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, passed / 4));
    return wait.long ? this.#together(Math.max(pause, (this.#long * 1_000) / this.#looksPerSecond)) : pause;
  }

  /** Put off to the next moment at which looks of the patient are due (ms): closer together the more there are a second. */
  #together(pause: number): number {
    const everyMs = (LOOKS_TOGETHER * 1_000) / this.#looksPerSecond;
    const now = performance.now();
    return Math.ceil((now + pause) / everyMs) * everyMs - now;
  }

  /** Two seconds, whatever is being done about it. */
  #passed(wait: Wait): void {
    wait.long = true;
    this.#long += 1;
    wait.request.onLong?.();
  }

  #share(foundAnEnd: boolean): void {
    const rate = this.#looksPerSecond * (foundAnEnd ? LOOKS_AFTER_END : LOOKS_AFTER_NOTHING);
    this.#looksPerSecond = Math.min(MOST_LOOKS_PER_SECOND, Math.max(LEAST_LOOKS_PER_SECOND, rate));
  }

  #giveUp(wait: Wait): void {
    const { failure } = wait;
    const stillRuns = !failure || stillRunsAfter.has(failure.fault);
    this.#end(wait, stillRuns ? { kind: 'running' } : failure);
  }

  #end(wait: Wait, result: WaitResult | Error): void {
    const { workflowId } = wait.request;
    this.#due.remove(wait);
    this.#becomeLong.remove(wait);
    if (wait.long) this.#long -= 1;
    const same = this.#waits.get(workflowId);
    if (same?.delete(wait)) this.#size -= 1;
    if (same?.size === 0) this.#waits.delete(workflowId);
    if (result instanceof Error) wait.fail(result);
    else wait.end(result);
  }
}
