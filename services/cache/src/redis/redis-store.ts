import type { CacheAsk, CacheFill } from '@rostrum/shared/messages';
import type { ChainableCommander, Cluster, Redis } from 'ioredis';
import { type CacheStore, type Claim, type FreshValue, type Lookup, type Settled, StoreError } from '../store.ts';
import { type CacheKeys, cacheKeys } from './keys.ts';
import { type Layout, oneServer } from './layout.ts';
import type { ClaimReply, SettleReply } from './scripts.ts';
import { decodeValue } from './value.ts';

export type StoreOperation = 'lookup' | 'claim' | 'fill';

export interface RedisStoreOptions {
  redis: Redis | Cluster;
  /** Where keys are; on one server unless given. */
  layout?: Layout;
  namespace: string;
  /** How long a claim may be on its way to Redis (ms): its asker waits no longer. */
  timeoutMs: number;
  onError(operation: StoreOperation, error: Error): void;
}

const noBody = Buffer.alloc(0);

/** Values and locks in Redis. */
export class RedisStore implements CacheStore {
  readonly #redis: Redis | Cluster;
  readonly #layout: Layout;
  readonly #keys: CacheKeys;
  readonly #timeoutMs: number;
  readonly #onError: RedisStoreOptions['onError'];

  constructor({ redis, layout = oneServer, namespace, timeoutMs, onError }: RedisStoreOptions) {
    this.#redis = redis;
    this.#layout = layout;
    this.#keys = cacheKeys(namespace);
    this.#timeoutMs = timeoutMs;
    this.#onError = onError;
  }

  peek(): undefined {
    return undefined;
  }

  partOf(key: string): string {
    return this.#layout.serverOf(this.#keys.value(key));
  }

  /** The one place that reads many keys in a command, which a cluster allows within a slot only. */
  async lookup(keys: readonly string[]): Promise<Lookup> {
    const slots = Map.groupBy(keys, (key) => this.#layout.slotOf(this.#keys.value(key)));
    const pipeline = this.#pipeline('lookup').time();
    for (const together of slots.values()) pipeline.mgetBuffer(together.map((key) => this.#keys.value(key)));
    const [time, ...found] = (await this.#exec('lookup', pipeline)) as [
      Reply<TimeReply>,
      ...Reply<(Buffer | null)[]>[],
    ];
    const now = toMilliseconds(this.#unwrap('lookup', time));
    const stored = found.flatMap((reply) => this.#unwrap('lookup', reply));
    const values = new Map<string, FreshValue>();
    for (const [place, key] of [...slots.values()].flat().entries()) {
      const value = stored[place] && freshValue(stored[place], now);
      if (value) values.set(key, value);
    }
    return { values, now };
  }

  /**
   * A claim that reaches Redis late, out of the buffer of a server that was frozen, must not take a lock that nobody
   * knows of: it is refused after the time by which its asker was told to run without one.
   */
  async claim(asks: readonly CacheAsk[], now: number): Promise<(Claim | StoreError)[]> {
    const pipeline = this.#pipeline('claim');
    for (const { key, holder, lockMs } of asks) {
      const life = Math.max(1, lockMs);
      pipeline.cacheClaimBuffer(this.#keys.value(key), this.#keys.lock(key), holder, life, now + this.#timeoutMs);
    }
    const replies = (await this.#exec('claim', pipeline)) as Reply<ClaimReply>[];
    return replies.map(([error, reply]) => {
      if (error) return this.#failed('claim', error);
      return toClaim(reply) ?? this.#failed('claim', new Error('a value of an unknown format is stored'));
    });
  }

  async settle({ key, holder, ttlSeconds, body }: CacheFill, store: boolean): Promise<Settled> {
    const pipeline = this.#pipeline('fill');
    const kept = store ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : noBody;
    const ttlMs = ttlSeconds * 1_000;
    pipeline.cacheSettle(this.#keys.value(key), this.#keys.lock(key), holder, store ? '1' : '0', ttlMs, kept);
    const [reply] = (await this.#exec('fill', pipeline)) as [Reply<SettleReply>];
    const [taken, stored, waited] = this.#unwrap('fill', reply);
    return { taken: taken === 1, stored: stored === 1, waited: waited === 1 };
  }

  #pipeline(operation: StoreOperation) {
    if (this.#redis.status !== 'ready') throw this.#failed(operation, new Error('Redis is away'));
    return this.#redis.pipeline();
  }

  /** A cluster refuses a pipeline as a whole when its keys are on several servers, as they may be when slots move. */
  async #exec(operation: StoreOperation, pipeline: ChainableCommander) {
    try {
      return await pipeline.exec();
    } catch (error) {
      throw this.#failed(operation, error as Error);
    }
  }

  #unwrap<T>(operation: StoreOperation, [error, value]: Reply<T>): T {
    if (error) throw this.#failed(operation, error);
    return value;
  }

  #failed(operation: StoreOperation, cause: Error): StoreError {
    // The client sees to that itself for single commands, not for pipelines of several kinds.
    if (cause.message.startsWith('MOVED')) this.#layout.refresh();
    this.#onError(operation, cause);
    return new StoreError(`${operation}: ${cause.message}`, { cause });
  }
}

type Reply<T> = [error: Error | null, value: T];
type TimeReply = [seconds: string, microseconds: string];

function toMilliseconds([seconds, microseconds]: TimeReply): number {
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

function freshValue(stored: Buffer, now: number): FreshValue | undefined {
  const value = decodeValue(stored);
  return value && { body: value.body, ttlSeconds: Math.max(0, Math.floor((value.expiresAt - now) / 1_000)) };
}

function toClaim([verdict, value, now]: ClaimReply): Claim | undefined {
  if (verdict.toString() === 'hit') {
    const fresh = freshValue(value as Buffer, now as number);
    return fresh && { verdict: 'hit', value: fresh };
  }
  return { verdict: verdict.toString() as 'run' | 'wait', lockMs: Math.max(1, value as number) };
}
