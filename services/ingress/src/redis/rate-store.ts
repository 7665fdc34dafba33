import { digestOf } from '@rostrum/shared/digest';
import type { RedisClient } from '@rostrum/redis';
import { type RateAsk, type RateGrant, type RateStore, SLOTS } from '../rates/store.ts';

/** An ingress that says nothing for so long counts as gone (ms). */
const PRESENT_MS = 15_000;

/**
 * KEYS: the scope, a hash of counts by slot. ARGV: limit, window (ms), needed, ahead, share, spent, then slots and counts
 * of what was not used. Gives a RateGrant's members in order.
 */
const askLua = `
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local need, ahead, share, spent = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slot = math.floor(now * ${SLOTS} / window)
for i = 7, #ARGV, 2 do
  local count = tonumber(redis.call('HGET', key, ARGV[i]) or 0)
  local back = math.min(count, tonumber(ARGV[i + 1]))
  if back > 0 then redis.call('HINCRBY', key, ARGV[i], -back) end
end
if spent > 0 then redis.call('HINCRBY', key, slot + 1, spent) end
local used, oldest = 0, nil
local counts = redis.call('HGETALL', key)
for i = 1, #counts, 2 do
  local at, count = tonumber(counts[i]), tonumber(counts[i + 1])
  if at < slot - ${SLOTS} or count == 0 then redis.call('HDEL', key, counts[i])
  else
    used = used + count
    if not oldest or at < oldest then oldest = at end
  end
end
local left = math.max(0, limit - used)
local granted = math.min(left, need)
granted = granted + math.min(ahead, math.floor(math.max(0, left - granted - limit / 10) / share))
if granted > 0 then redis.call('HINCRBY', key, slot + 1, granted) end
if granted > 0 or spent > 0 then
  redis.call('PEXPIRE', key, math.ceil(window * ${SLOTS + 3} / ${SLOTS}))
  oldest = oldest or slot + 1
end
local frees = oldest and math.ceil((oldest + ${SLOTS + 1}) * window / ${SLOTS}) - now or 0
return {granted, slot + 1, math.floor((slot + 2) * window / ${SLOTS}) - now, left - granted, frees}`;

/** KEYS: the processes, by when they count as gone. ARGV: this one, how long it counts (ms); 0: it is gone. */
const announceLua = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] == '0' then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], ${10 * PRESENT_MS})
return redis.call('ZCARD', KEYS[1])`;

/** `process` is this process's name, unlike every other's. Scopes are kept by digest: their values may be personal. */
export function createRateStore(client: RedisClient, namespace: string, process: string): RateStore {
  const ask = client.script('askRate', askLua);
  const announce = client.script('announceRates', announceLua);
  const replicas = `${namespace}:rate:replicas`;
  return {
    async ask(scope: string, { limit, windowMs, need, ahead, share, spent, unused }: RateAsk): Promise<RateGrant> {
      const args = [limit, windowMs, need, ahead, share, spent, ...unused.flat()];
      const answer = await ask([`${namespace}:rate:${digestOf(scope)}`], args);
      const [granted, slot, lastsMs, left, freesMs] = answer as [number, number, number, number, number];
      return { granted, slot, lastsMs, left, freesMs };
    },
    announce: async () => (await announce([replicas], [process, PRESENT_MS])) as number,
    async leave() {
      await announce([replicas], [process, 0]);
    },
  };
}
