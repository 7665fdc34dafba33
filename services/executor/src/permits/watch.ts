import { randomId } from '@rostrum/shared/ids';
import type { StartIntent } from './types.ts';

/** What a watch record holds in Redis, its times as they are counted there: from now (ms, negative: over since). */
export interface WatchRecord {
  id: string;
  permit: string;
  intent: string;
  startWithinMs: number;
  remainingMs: number;
  workflowId: string;
  answered: boolean;
}

/**
 * A permit with its watch record, as the process that looks after it knows it. Redis's times are kept on the process's
 * monotonic clock, so that no clock of this machine that is set or steps moves them.
 */
export class Watch {
  readonly id: string;
  readonly pool: string;
  /** Names the sorted set of its scope; `''`: it has no permit, and is a member of a set that nobody counts. */
  readonly permit: string;
  /** The intent as it stands in Redis. */
  readonly text: string;
  /** `''` while it is not known. */
  workflowId: string;
  /** The caller has had its answer, or is gone. */
  answered: boolean;
  /** Whether its record is in Redis, as far as this process knows. */
  stored: boolean;
  /** Its permit is to be freed; nothing else counts any more. */
  freed = false;
  readonly #intent: Intent;
  readonly #startBy: number;
  readonly #deadline: number;

  private constructor(pool: string, record: WatchRecord, from: number, stored: boolean) {
    this.stored = stored;
    this.pool = pool;
    this.id = record.id;
    this.permit = record.permit;
    this.text = record.intent;
    this.workflowId = record.workflowId;
    this.answered = record.answered;
    this.#intent = JSON.parse(record.intent) as Intent;
    this.#startBy = from + record.startWithinMs;
    this.#deadline = from + record.remainingMs;
  }

  /**
   * For a permit that is to be taken; named `''`, for an execution without one. Counts from before it is sent: its holder
   * must stop before Redis thinks it has.
   */
  static create(pool: string, permit: string, intent: StartIntent): Watch {
    const { remainingMs, startWithinMs, ...rest } = intent;
    const record = { id: randomId(), permit, intent: JSON.stringify(rest), workflowId: '', answered: false };
    return new Watch(pool, { ...record, remainingMs, startWithinMs }, performance.now(), false);
  }

  /** For one that was taken over. Counts from when it was read: whoever concludes from it may only be late. */
  static adopt(pool: string, record: WatchRecord): Watch {
    return new Watch(pool, record, performance.now(), true);
  }

  /** Time until the latest moment at which the start may be in flight (ms); negative: since then. */
  startWithinMs(): number {
    return this.#startBy - performance.now();
  }

  remainingMs(): number {
    return this.#deadline - performance.now();
  }

  /** An idempotency key waits for its answer. */
  get claimed(): boolean {
    return this.#intent.claim !== undefined;
  }

  /** As the caller gave it, with what is left of its times. */
  intent(): StartIntent {
    return {
      ...this.#intent,
      remainingMs: Math.max(0, Math.floor(this.remainingMs())),
      startWithinMs: Math.max(0, Math.floor(this.startWithinMs())),
    };
  }
}

type Intent = Omit<StartIntent, 'remainingMs' | 'startWithinMs'>;
