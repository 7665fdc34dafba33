import type { Result } from 'ioredis';
import { type ClaimReply, claimScript } from './lua/claim.ts';
import { type SettleReply, settleScript } from './lua/settle.ts';
import { type PurgeReply, purgeScript, type StatsReply, statsScript } from './lua/walk.ts';

/** For ioredis's `scripts` option: each becomes a command, loaded on first use and again after SCRIPT FLUSH. */
export const scripts = {
  cacheClaim: { lua: claimScript, numberOfKeys: 4 },
  cacheSettle: { lua: settleScript, numberOfKeys: 4 },
  cachePurge: { lua: purgeScript, numberOfKeys: 2 },
  cacheStats: { lua: statsScript, numberOfKeys: 2 },
};

type EntryKeys = [value: string, lock: string, index: string, expiries: string];
type Walk = [index: string, expiries: string, from: Buffer, to: Buffer, most: number, names: string];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    cacheClaimBuffer(
      ...args: [
        ...EntryKeys,
        holder: string,
        lockMs: number,
        latest: number,
        renewUpTo: number,
        takesStale: '0' | '1',
        member: string,
      ]
    ): Result<ClaimReply, Context>;
    cacheSettle(
      ...args: [
        ...EntryKeys,
        holder: string,
        store: '0' | '1',
        freshMs: number,
        staleWhileRevalidateMs: number,
        staleIfErrorMs: number,
        runMs: number,
        kind: 0 | 1,
        coding: number,
        etag: string,
        meta: string,
        body: Buffer,
      ]
    ): Result<SettleReply, Context>;
    cachePurgeBuffer(...args: Walk): Result<PurgeReply, Context>;
    cacheStatsBuffer(...args: Walk): Result<StatsReply, Context>;
  }
}
