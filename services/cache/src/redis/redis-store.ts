import { cacheKeyDigest, groupOf } from '@rostrum/shared/cache-key';
import type { CacheSelection } from '@rostrum/shared/messages';
import type { ChainableCommander, Cluster, Redis } from 'ioredis';
import {
  type CacheStore,
  type Claim,
  type Claiming,
  type Entry,
  type Lookup,
  type NewEntry,
  type Purged,
  type Settled,
  StoreError,
} from '../store.ts';
import { type CacheKeys, cacheKeys } from './keys.ts';
import { type Layout, oneServer } from './layout.ts';
import type { ClaimReply } from './lua/claim.ts';
import type { SettleReply } from './lua/settle.ts';
import { memberOf } from './selection.ts';
import { decodeValue } from './value.ts';
import { countAll, purgeAll } from './walk.ts';

export type StoreOperation = 'lookup' | 'claim' | 'fill' | 'purge' | 'stats';

export interface RedisStoreOptions {
  redis: Redis | Cluster;
  /** Where keys are; on one server unless given. */
  layout?: Layout;
  namespace: string;
  /** How long a claim may be on its way to Redis (ms): its asker waits no longer. */
  timeoutMs: number;
  onError(operation: StoreOperation, error: Error): void;
}

/** Counting ends after so long, whatever is left (ms). */
const STATS_MS = 3_000;

const noBody = Buffer.alloc(0);
const noTimes = { freshMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, runMs: 0 };
const nothing: NewEntry = { ...noTimes, kind: 'answer', coding: 0, body: noBody, meta: '', etag: '' };

/** Answers and locks in Redis. */
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
    const entries = new Map<string, Entry>();
    for (const [place, key] of [...slots.values()].flat().entries()) {
      const entry = stored[place] && decodeValue(stored[place]);
      if (entry) entries.set(key, entry);
    }
    return { entries, now };
  }

  /**
   * A claim that reaches Redis late, out of the buffer of a server that was frozen, must not take a lock that nobody
   * knows of: it is refused after the time by which its asker was told to run without one.
   */
  async claim(claims: readonly Claiming[], now: number): Promise<(Claim | StoreError)[]> {
    const pipeline = this.#pipeline('claim');
    const latest = now + this.#timeoutMs;
    for (const { key, holder, lockMs, renewUpTo, takesStale, service, route, label } of claims) {
      const member = service === '' || groupOf(key) === undefined ? '' : memberOf(route, label, cacheKeyDigest(key));
      const until = Math.min(renewUpTo, Number.MAX_SAFE_INTEGER);
      const keys = this.#keys.entry(key);
      pipeline.cacheClaimBuffer(...keys, holder, Math.max(1, lockMs), latest, until, takesStale ? '1' : '0', member);
    }
    const replies = (await this.#exec('claim', pipeline)) as Reply<ClaimReply>[];
    return replies.map(([error, reply]) => {
      if (error) return this.#failed('claim', error);
      return toClaim(reply) ?? this.#failed('claim', new Error('a value is stored that cannot be read'));
    });
  }

  async settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled> {
    const pipeline = this.#pipeline('fill');
    const { body, ...of } = entry ?? nothing;
    pipeline.cacheSettle(
      ...this.#keys.entry(key),
      holder,
      entry ? '1' : '0',
      ...([of.freshMs, of.staleWhileRevalidateMs, of.staleIfErrorMs, of.runMs] as const),
      of.kind === 'problem' ? 1 : 0,
      of.coding,
      of.etag,
      of.meta,
      Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    );
    const [reply] = (await this.#exec('fill', pipeline)) as [Reply<SettleReply>];
    const [taken, stored, waited] = this.#unwrap('fill', reply);
    return { taken: taken === 1, stored: stored === 1, waited: waited === 1 };
  }

  purge(selection: CacheSelection): Promise<Purged> {
    return this.#walk('purge', () => purgeAll(this.#redis, this.#keys, selection));
  }

  stats(service: string): ReturnType<CacheStore['stats']> {
    const end = performance.now() + STATS_MS;
    return this.#walk('stats', () => countAll(this.#redis, this.#keys, service, () => performance.now() > end));
  }

  async #walk<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#failed(operation, error as Error);
    }
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

function toClaim([said, lockMs, now, value]: ClaimReply): Claim | undefined {
  const verdict = said.toString() as Claim['verdict'];
  const entry = value.length > 0 ? decodeValue(value) : undefined;
  if (verdict !== 'hit') return { verdict, lockMs: Math.max(1, lockMs), entry, now };
  return entry && { verdict, entry, now };
}
