import type { RedisClient, Script } from '@rostrum/redis';
import { type PoolKeys, poolKeys } from './keys.ts';
import { claimLua, concludeLua, giveUpLua, noteLua, putLua, renewLua, stayLua, takeLua, withdrawLua } from './lua.ts';
import type { PermitRequest } from './types.ts';
import type { Watch, WatchRecord } from './watch.ts';

/** Watches in one Lua call: Redis serves nobody else while it runs. */
const CALL_SIZE = 100;

/** A waiter nobody has spoken for in this time has died (ms). */
const WAITER_LEASE_MS = 2_000;

const outcomes = ['taken', 'full', 'recovering', 'waiting'] as const;

/** What came of a take; `value` as takeLua gives it. */
export interface Taken {
  kind: (typeof outcomes)[number];
  value: number;
}

/** One who waits for a permit of the scope called `name`. */
export interface Queued {
  readonly name: string;
  /** See PermitWait. */
  readonly id: string;
  readonly request: Pick<PermitRequest, 'limit'>;
}

/** What came of a renewal that did not simply succeed. */
export type Odd = { watch: Watch; state: 'missing' | 'lost' | 'ended' };

export interface StoreOptions {
  redis: RedisClient;
  namespace: string;
  /** Names this process, uniquely. */
  owner: string;
  leaseMs: number;
  watchLeaseMs: number;
  /** How long takes are refused after the data was lost. */
  settleMs: number;
}

/** The permits and watch records in Redis. Every method rejects with RedisUnavailable when it may not have been done. */
export class PermitStore {
  readonly #options: StoreOptions;
  readonly #keys = new Map<string, PoolKeys>();
  readonly #take: Script;
  readonly #renew: Script;
  readonly #put: Script;
  readonly #claim: Script;
  readonly #note: Script;
  readonly #conclude: Script;
  readonly #giveUp: Script;
  readonly #stay: Script;
  readonly #withdraw: Script;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { redis } = options;
    this.#take = redis.script('permitTake', takeLua);
    this.#renew = redis.script('permitRenew', renewLua);
    this.#put = redis.script('permitPut', putLua);
    this.#claim = redis.script('permitClaim', claimLua);
    this.#note = redis.script('permitNote', noteLua);
    this.#conclude = redis.script('permitConclude', concludeLua);
    this.#giveUp = redis.script('permitGiveUp', giveUpLua);
    this.#stay = redis.script('permitStay', stayLua);
    this.#withdraw = redis.script('permitWithdraw', withdrawLua);
  }

  /** `waiter`: who waits when there is none; `''`: nobody. */
  async take(watch: Watch, limit: number, waiter: string): Promise<Taken> {
    const keys = this.#of(watch.pool);
    const { leaseMs, watchLeaseMs, settleMs, owner } = this.#options;
    const leases = [leaseMs, watchLeaseMs, settleMs, ...times(watch)];
    const [kind, value] = (await this.#take(
      [keys.marker, keys.watches, keys.permit(watch.permit), keys.watch(watch.id), keys.waiters],
      [watch.id, limit, ...leases, owner, watch.permit, watch.text, waiter, WAITER_LEASE_MS, keys.prefix],
    )) as [number, number];
    return { kind: outcomes[kind]!, value };
  }

  /** Keeps the places of waiters of one pool; gives those that are to try a take. */
  async stay<Q extends Queued>(pool: string, waiters: readonly Q[]): Promise<Q[]> {
    const keys = this.#of(pool);
    const stayed = slices(waiters).map(async (slice) => {
      const names = slice.map(({ name }) => keys.permit(name));
      const args = slice.flatMap(({ name, id, request }) => [name, id, request.limit]);
      const due = (await this.#stay([keys.waiters, ...names], [keys.prefix, WAITER_LEASE_MS, ...args])) as number[];
      return due.map((position) => slice[position - 1]!);
    });
    return (await Promise.all(stayed)).flat();
  }

  async withdraw(pool: string, { name, id }: Queued): Promise<void> {
    const keys = this.#of(pool);
    await this.#withdraw([keys.waiters, keys.permit(name)], [name, id]);
  }

  /** Renews leases of watches of one pool; gives those that were not as they should be. */
  async renew(pool: string, watches: readonly Watch[]): Promise<Odd[]> {
    const keys = this.#of(pool);
    const { leaseMs, watchLeaseMs, owner } = this.#options;
    const renewed = slices(watches).map(async (slice) => {
      const ids = slice.map((watch) => watch.id).join(' ');
      const args = [keys.prefix, owner, leaseMs, watchLeaseMs, ids];
      const answer = await this.#renew([keys.marker, keys.watches], args);
      return pairs(answer as (number | string)[]).map(
        ([position, state]) => ({ watch: slice[Number(position) - 1]!, state }) as Odd,
      );
    });
    return (await Promise.all(renewed)).flat();
  }

  /** Writes records of watches of one pool that are not there, with their leases. */
  async put(pool: string, watches: readonly Watch[]): Promise<void> {
    const keys = this.#of(pool);
    const { leaseMs, watchLeaseMs, owner } = this.#options;
    const put = slices(watches).map(async (slice) => {
      const names = slice.flatMap((watch) => [keys.permit(watch.permit), keys.watch(watch.id)]);
      const args = slice.flatMap((watch) => {
        const { id, permit, text, workflowId, answered } = watch;
        return [id, ...times(watch), permit, text, workflowId, answered ? 1 : ''];
      });
      // From here on they may be there, whatever becomes of the call.
      for (const watch of slice) watch.stored = true;
      try {
        await this.#put([keys.watches, ...names], [owner, leaseMs, watchLeaseMs, ...args]);
      } catch (error) {
        for (const watch of slice) watch.stored = watch.freed;
        throw error;
      }
    });
    await Promise.all(put);
  }

  /**
   * Takes over watches whose lease has ended, dismisses waiters of the dead, and says for how long takes are `recovering`.
   * `more`: there may be more of either.
   */
  async claim(pool: string, atMost: number): Promise<{ recoveringMs: number; records: WatchRecord[]; more: boolean }> {
    const keys = this.#of(pool);
    const { leaseMs, watchLeaseMs, settleMs, owner } = this.#options;
    const [recoveringMs, claimed, more] = (await this.#claim(
      [keys.marker, keys.watches, keys.waiters],
      [keys.prefix, owner, leaseMs, watchLeaseMs, settleMs, atMost],
    )) as [number, [string, string, string, number, number, string, string][], number];
    const records = claimed.map(([id, permit, intent, startWithinMs, remainingMs, workflowId, answered]) => {
      return { id, permit, intent, startWithinMs, remainingMs, workflowId, answered: answered !== '' };
    });
    return { recoveringMs, records, more: more === 1 };
  }

  /**
   * Stores what is known of watches of one pool: freed, workflow id, answered. Harmless when repeated. Gives the names of
   * scopes in which a permit was freed that somebody waits for.
   */
  async note(pool: string, watches: readonly Watch[]): Promise<Set<string>> {
    const keys = this.#of(pool);
    const noted = slices(watches).map(async (slice) => {
      const names = slice.flatMap((watch) => [keys.permit(watch.permit), keys.watch(watch.id)]);
      const args = slice.flatMap((watch) => {
        return [watch.id, watch.freed ? 'free' : '', watch.workflowId, watch.answered ? 1 : ''];
      });
      const wanted = await this.#note([keys.watches, keys.waiters, ...names], [this.#options.owner, ...args]);
      return (wanted as number[]).map((position) => slice[position - 1]!.permit);
    });
    return new Set((await Promise.all(noted)).flat());
  }

  /** Frees the permit unless the record knows a workflow; gives its id, `''` when the permit was freed. */
  async conclude(watch: Watch): Promise<string> {
    const keys = this.#of(watch.pool);
    const names = [keys.watches, keys.permit(watch.permit), keys.watch(watch.id)];
    return (await this.#conclude(names, [this.#options.owner, watch.id])) as string;
  }

  /** Ends the leases of watches of one pool, so that others may take them over at once. */
  async giveUp(pool: string, watches: readonly Watch[]): Promise<void> {
    const keys = this.#of(pool);
    const given = slices(watches).map((slice) => {
      const ids = slice.map((watch) => watch.id);
      return this.#giveUp([keys.watches, ...ids.map(keys.watch)], [this.#options.owner, ...ids]);
    });
    await Promise.all(given);
  }

  #of(pool: string): PoolKeys {
    let keys = this.#keys.get(pool);
    if (!keys) this.#keys.set(pool, (keys = poolKeys(this.#options.namespace, pool)));
    return keys;
  }
}

/** For Redis, which counts in whole milliseconds. */
function times(watch: Watch): [startWithinMs: number, remainingMs: number] {
  return [Math.ceil(watch.startWithinMs()), Math.ceil(watch.remainingMs())];
}

function slices<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CALL_SIZE) }, (_, index) =>
    all.slice(index * CALL_SIZE, (index + 1) * CALL_SIZE),
  );
}

function pairs<T>(flat: readonly T[]): [T, T][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2]!, flat[index * 2 + 1]!]);
}
