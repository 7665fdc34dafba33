import type { RedisClient, Script } from '@rostrum/redis';

/** Pause after a try that failed although Redis is there (ms); its return is not waited for, it is announced. */
const RETRY_MS = 250;

/**
 * Claims under which nothing was started. Where Redis cannot be told it is told later: otherwise a server that cannot look
 * workflows up would have to leave the key unresolved.
 */
export class Withdrawals {
  readonly #script: Script;
  readonly #redis: RedisClient;
  /** Keys in Redis, by claim id. */
  readonly #pending = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisClient, script: Script) {
    this.#redis = redis;
    this.#script = script;
    redis.onReady(() => this.#retry());
  }

  /** Resolves when it is withdrawn, or is going to be. */
  async withdraw(key: string, id: string): Promise<void> {
    try {
      await this.#script([key], [id]);
      this.#pending.delete(id);
    } catch {
      this.#pending.set(id, key);
      if (this.#redis.ready) this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS).unref();
    }
  }

  #retry(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [id, key] of this.#pending) void this.withdraw(key, id);
  }
}
