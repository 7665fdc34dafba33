import type { Frame } from './child/frames.mjs';
import { chooseChild } from './choose-child.ts';
import { ScriptError } from './errors.ts';
import type { Job } from './job.ts';
import type { Limits } from './limits.ts';
import { closed, outOfMemory, overloaded, timedOut, toOutcome } from './outcome.ts';
import { FairQueue } from '@rostrum/service/fair-queue';
import { Probation } from './probation.ts';
import { ScriptChild } from './script-child.ts';
import type { SandboxEvent } from './types.ts';
import { Verdicts } from './verdicts.ts';

/** How often children that run are looked at (ms): a script can allocate some 15 MB in that time. */
const watchMs = 10;
/** A killed child takes a few milliseconds to close, with much memory a hundred: nobody waits longer for it (ms). */
const closeLimitMs = 25;
/** A child that is not ready by then (ms) is killed. */
const startLimitMs = 15_000;

export interface PoolOptions {
  limits: Limits;
  /** Scripts at the same time. */
  size: number;
  /** Children beyond that. */
  spares: number;
  /** Children that one owner may hold at the same time. */
  perOwner: number;
  /** True: they get what processor time all other processes leave. */
  lowPriority?: boolean;
  event(event: SandboxEvent): void;
  /** A run was ended by force, or should have been. */
  onStrike(job: Job): void;
}

/** Children that are all alike, and what waits for them. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #children = new Set<ScriptChild>();
  readonly #queue = new FairQueue<Job>();
  readonly #held = new Map<string, number>();
  readonly #probation = new Probation();
  readonly #verdicts = new Verdicts();
  readonly #replaced = new WeakSet<ScriptChild>();
  readonly #closing = Promise.withResolvers<void>();
  #running = 0;
  #isClosed = false;
  #failedStarts = 0;
  #watch: NodeJS.Timeout | undefined;
  #onReady: (() => void) | undefined;
  #onFailure: ((error: Error) => void) | undefined;
  kills = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the children; resolves when all are ready. Rejects, with what it wrote, when one ends before that. */
  start(): Promise<void> {
    for (let count = 0; count < this.#options.size + this.#options.spares; count++) this.#spawn();
    return new Promise((resolve, reject) => {
      this.#onReady = () => [...this.#children].every((child) => child.state !== 'starting') && resolve();
      this.#onFailure = reject;
    });
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get running(): number {
    return this.#running;
  }

  get ready(): number {
    return [...this.#children].filter(({ state }) => state === 'idle' || state === 'busy').length;
  }

  get children(): ReadonlySet<ScriptChild> {
    return this.#children;
  }

  submit(job: Job): void {
    if (this.#isClosed) return job.settle(closed());
    this.#queue.add(job);
    this.#dispatch();
    if (!this.#queue.has(job)) return;
    const { queueLimit } = this.#options.limits;
    if (this.#queue.size > queueLimit || this.#queue.sizeOf(job.owner) > queueLimit / 2) {
      this.#queue.delete(job);
      return job.settle(overloaded('too many scripts are waiting'));
    }
    job.waitTimer = setTimeout(
      () => {
        this.#queue.delete(job);
        job.settle(overloaded('no process was free in time'));
      },
      Math.max(0, job.startBy - performance.now()),
    );
  }

  /** Takes what waits and matches out of the queue. */
  takeAll(matches: (job: Job) => boolean): Job[] {
    const jobs = [...this.#queue].filter(matches);
    for (const job of jobs) {
      this.#queue.delete(job);
      clearTimeout(job.waitTimer);
    }
    return jobs;
  }

  /** Takes a settled job out of the queue. */
  forget(job: Job): void {
    this.#queue.delete(job);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    for (const job of this.takeAll(() => true)) job.settle(closed());
    for (const child of this.#children) {
      child.kill();
      child.job?.settle(closed());
    }
    if (this.#children.size > 0) await this.#closing.promise;
  }

  #spawn(): void {
    const child = new ScriptChild(this.#options.limits, {
      ready: (which) => this.#ready(which),
      done: (which, frame) => this.#done(which, frame),
      watched: (which, changes) => this.#watched(which, changes),
      retire: (which) => this.#retire(which),
      closed: (which, detail) => this.#closed(which, detail),
    });
    if (this.#options.lowPriority) child.yieldToOthers();
    child.startTimer = setTimeout(() => child.kill(), startLimitMs);
    this.#children.add(child);
  }

  #ready(child: ScriptChild): void {
    clearTimeout(child.startTimer);
    this.#failedStarts = 0;
    const ms = performance.now() - child.spawnedAt;
    this.#options.event({ type: 'child-ready', pid: child.pid as number, ms });
    this.#onReady?.();
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#running < this.#options.size) {
      const idle = [...this.#children].filter((child) => child.state === 'idle');
      if (idle.length === 0) return;
      const job = this.#queue.take(
        (owner) => (this.#held.get(owner) ?? 0) < this.#options.perOwner,
        (waiting) => this.#probation.mayStart(waiting),
      );
      if (!job) return;
      this.#start(job, chooseChild(idle, job.owner));
    }
  }

  #start(job: Job, child: ScriptChild): void {
    clearTimeout(job.waitTimer);
    this.#running++;
    this.#held.set(job.owner, (this.#held.get(job.owner) ?? 0) + 1);
    this.#probation.started(job);
    // To the end of the line, so that children are used in turn and the one that rested longest changes its owner.
    this.#children.delete(child);
    this.#children.add(child);
    child.start(job, this.#verdicts.begin(job));
    child.killAt = job.deadlineAt + this.#options.limits.graceMs;
    // One timer for all: one for each run would cost a tenth of it.
    this.#watch ??= setInterval(() => this.#watchChildren(), watchMs);
  }

  #watchChildren(): void {
    if (this.#running === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    const now = performance.now();
    for (const child of this.#children) {
      if (child.state !== 'busy') continue;
      if (now > child.killAt) this.#kill(child, 'timeout');
      else if (child.usesTooMuchMemory()) this.#kill(child, 'memory');
    }
  }

  #done(child: ScriptChild, frame: Frame): void {
    const outcome = toOutcome(frame);
    const isWatched = frame.head.watched === true;
    const job = (isWatched ? child.job : this.#release(child)) as Job;
    const forced = outcome instanceof ScriptError && frame.head.forced === true;
    if (forced) this.#strike(job);
    else this.#probation.prove(job);
    job.settle(outcome);
    if (isWatched) this.#dispatch();
    else this.#rest(child);
  }

  /** The child looks at what a run has left before another comes; until then the run's watchdogs stay. */
  #watched(child: ScriptChild, changes: boolean): void {
    this.#release(child, changes);
    this.#rest(child);
  }

  #rest(child: ScriptChild): void {
    if (child.state === 'dead') return;
    child.state = 'idle';
    child.idleSince = performance.now();
    if (child.retiring) this.#retire(child);
    this.#dispatch();
  }

  /** Takes the job from a child; the child itself may be done for. */
  #release(child: ScriptChild, changes = false): Job | undefined {
    const { job } = child;
    if (!job) return undefined;
    child.job = undefined;
    this.#running--;
    this.#probation.ended(job);
    this.#verdicts.end(job, changes);
    const held = (this.#held.get(job.owner) as number) - 1;
    if (held > 0) this.#held.set(job.owner, held);
    else this.#held.delete(job.owner);
    return job;
  }

  #kill(child: ScriptChild, reason: 'timeout' | 'memory'): void {
    this.kills++;
    child.killReason = reason;
    child.kill();
    const { job } = child;
    if (job) {
      const { owner, revision } = job;
      this.#options.event({ type: 'child-killed', pid: child.pid as number, reason, owner, revision });
      // Whether it had begun is known when the child has closed; whoever waits for it has no time left for that.
      const untilSettled = Math.max(0, child.killAt - performance.now()) + closeLimitMs;
      if (!job.settled) job.waitTimer = setTimeout(() => job.settle(reasonError(reason)), untilSettled);
    }
    this.#replace(child);
  }

  #strike(job: Job): void {
    this.#probation.strike(job);
    this.#options.onStrike(job);
  }

  #retire(child: ScriptChild): void {
    child.retiring = true;
    if (child.state !== 'idle') return;
    child.kill();
    this.#options.event({ type: 'child-retired', pid: child.pid as number });
    this.#replace(child);
  }

  #replace(child: ScriptChild): void {
    if (this.#replaced.has(child) || this.#isClosed) return;
    this.#replaced.add(child);
    this.#spawn();
    this.#dispatch();
  }

  #closed(child: ScriptChild, detail: string): void {
    this.#children.delete(child);
    if (this.#isClosed) {
      if (this.#children.size === 0) this.#closing.resolve();
      return;
    }
    const job = this.#release(child);
    if (job) this.#orphaned(job, child);
    if (this.#replaced.has(child)) return this.#dispatch();
    this.#options.event({ type: 'child-lost', pid: child.pid, detail });
    this.#onFailure?.(new Error(`a sandbox child ended: ${detail}`));
    // A child that cannot start would be started again without end.
    setTimeout(() => this.#replace(child), job ? 0 : Math.min(5_000, 50 * 2 ** this.#failedStarts++)).unref();
  }

  /** A child ended before its job had: what may have begun is not run again, what cannot have moves on. */
  #orphaned(job: Job, child: ScriptChild): void {
    if (child.mayHaveBegun) {
      this.#strike(job);
      return job.settle(reasonError(child.killReason ?? 'memory'));
    }
    clearTimeout(job.waitTimer);
    if (job.settled) return;
    if (job.moved || performance.now() > job.startBy) return job.settle(overloaded('its process went away'));
    job.moved = true;
    this.#options.event({ type: 'run-moved', owner: job.owner, revision: job.revision });
    this.submit(job);
  }
}

const reasonError = (reason: 'timeout' | 'memory') => (reason === 'memory' ? outOfMemory() : timedOut());
