import type { Logger } from '@rostrum/service/logger';
import type { Look } from './looks.ts';
import type { WorkflowLooker } from './types.ts';
import type { Watch } from './watch.ts';

/** Pause before the second look (ms); it doubles with each until it is the longest. */
const FIRST_PAUSE_MS = 200;

/** How long and how often is looked; see PermitsOptions. */
export interface FateSettings {
  looker: WorkflowLooker;
  permitLookMs: number;
  unresolvedBoundMs: number;
  startMarginMs: number;
  log: Logger;
}

export interface FateOptions extends FateSettings {
  /** Its workflow id has become known, of one that is not for a caller who waits. */
  onFound(watch: Watch): void;
  /** What became of the start is known that a caller waits for: no more looks. Undefined: nothing was started. */
  onOrphan(watch: Watch, workflowId: string | undefined): void;
  /** Nothing runs under it. */
  onEnded(watch: Watch): void;
  /** Ends a watch nothing was found for; see {@link PermitStore.conclude}. */
  conclude(watch: Watch): Promise<string>;
}

/**
 * Finds out what became of one start, and when its workflow has ended. Only ever looks. "Not started" takes two
 * looks that found nothing after the latest moment of its start and a margin: a POST may be slow, and so may an index.
 */
export class Fate implements Look {
  readonly watch: Watch;
  readonly #options: FateOptions;
  #pauseMs: number;
  #misses = 0;
  #goneSince: number | undefined;
  readonly #orphan: boolean;

  /** `orphan`: its caller waits for what becomes known. */
  constructor(watch: Watch, orphan: boolean, options: FateOptions) {
    this.watch = watch;
    this.#orphan = orphan;
    this.#options = options;
    this.#pauseMs = Math.min(FIRST_PAUSE_MS, options.permitLookMs);
  }

  async look(): Promise<number | undefined> {
    const { watch } = this;
    if (watch.workflowId === '') return this.#find();
    if (this.#orphan) return this.#report(watch.workflowId);
    try {
      const state = await this.#options.looker.look(watch.workflowId, watch.intent());
      if (state === 'running' || (state === 'gone' && !this.#isGone())) {
        if (state === 'running') this.#goneSince = undefined;
        return this.#pause();
      }
    } catch (error) {
      this.#options.log.debug({ err: error, workflowId: watch.workflowId }, 'cannot look at a watched workflow');
      return this.#pause();
    }
    this.#options.onEnded(watch);
    return undefined;
  }

  /** A server that does not know a workflow for a moment may be one that is being restarted. */
  #isGone(): boolean {
    this.#goneSince ??= performance.now();
    return performance.now() - this.#goneSince >= this.#options.startMarginMs;
  }

  async #find(): Promise<number | undefined> {
    const { watch } = this;
    const { looker, startMarginMs, log } = this.#options;
    const boundMs = Math.max(this.#options.unresolvedBoundMs, startMarginMs);
    const intent = watch.intent();
    const { workflow, correlationId, requestId } = intent;
    const sinceMs = -watch.startWithinMs();
    let found: string | undefined;
    try {
      found = await looker.find(workflow, correlationId, intent);
    } catch (error) {
      if (watch.workflowId !== '') return 0;
      if (sinceMs < boundMs) return Math.min(this.#pause(), boundMs - sinceMs);
      log.warn(
        { err: error, workflow, correlationId, requestId },
        'the server does not tell whether a workflow was started: its permit was held long enough and is freed',
      );
      return this.#conclude();
    }
    // Its holder may have learnt the id while this was looking.
    if (watch.workflowId !== '') return 0;
    if (found !== undefined) return this.#found(found);
    if (sinceMs < startMarginMs) return Math.min(this.#pause(), startMarginMs - sinceMs);
    this.#misses += 1;
    return this.#misses < 2 ? this.#pause() : this.#conclude();
  }

  #found(workflowId: string): number {
    this.watch.workflowId = workflowId;
    this.#options.onFound(this.watch);
    return 0;
  }

  async #conclude(): Promise<number | undefined> {
    try {
      const workflowId = await this.#options.conclude(this.watch);
      if (workflowId !== '') return this.#found(workflowId);
    } catch {
      return this.#pause();
    }
    if (this.#orphan) return this.#report(undefined);
    this.#options.onEnded(this.watch);
    return undefined;
  }

  #report(workflowId: string | undefined): undefined {
    this.#options.onOrphan(this.watch, workflowId);
  }

  #pause(): number {
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(pause * 2, this.#options.permitLookMs);
    return pause;
  }
}
