import type { Result } from 'ioredis';

/** KEYS: value, lock. ARGV: holder, lock's life (ms), latest moment by Redis's clock (ms). */
const claim = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then return redis.error_reply('LATE nobody waits for this claim any more') end
local value = redis.call('GET', KEYS[1])
if value then return {'hit', value, now} end
local holder = redis.call('HGET', KEYS[2], 'holder')
if not holder then
  redis.call('HSET', KEYS[2], 'holder', ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return {'run', tonumber(ARGV[2])}
end
if holder == ARGV[1] then return {'run', redis.call('PTTL', KEYS[2])} end
redis.call('HSET', KEYS[2], 'waited', 1)
return {'wait', redis.call('PTTL', KEYS[2])}
`;

/**
 * KEYS: value, lock. ARGV: holder, '1' to store, its life (ms), body. Gives: taken, stored, waited.
 * Without room for the value the lock is freed all the same: those who wait would have to wait for its end.
 */
const settle = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder, store = ARGV[1], ARGV[2] == '1'
local name = struct.pack('>I4', #holder) .. holder
if redis.call('HGET', KEYS[2], 'holder') ~= holder then
  local repeated = store and redis.call('GETRANGE', KEYS[1], 9, 8 + #name) == name
  local flag = repeated and 1 or 0
  return {flag, flag, flag}
end
local stored = 0
if store then
  local value = struct.pack('>Bd', 1, now + ARGV[3]) .. name .. ARGV[4]
  if not redis.pcall('SET', KEYS[1], value, 'PX', ARGV[3]).err then stored = 1 end
end
local waited = redis.call('HEXISTS', KEYS[2], 'waited')
redis.call('DEL', KEYS[2])
return {1, stored, waited}
`;

/** For ioredis's `scripts` option: each becomes a command, loaded on first use and again after SCRIPT FLUSH. */
export const scripts = {
  cacheClaim: { lua: claim, numberOfKeys: 2 },
  cacheSettle: { lua: settle, numberOfKeys: 2 },
};

export type ClaimReply = [verdict: Buffer, value: Buffer, now: number] | [verdict: Buffer, lockMs: number];
export type SettleReply = [taken: number, stored: number, waited: number];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    cacheClaimBuffer(
      value: string,
      lock: string,
      holder: string,
      lockMs: number,
      latest: number,
    ): Result<ClaimReply, Context>;
    cacheSettle(
      value: string,
      lock: string,
      holder: string,
      store: '0' | '1',
      ttlMs: number,
      body: Buffer,
    ): Result<SettleReply, Context>;
  }
}
