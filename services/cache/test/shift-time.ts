import type { Redis } from 'ioredis';

/** Moves the ends of all keys, and the times in values and indexes, back: as if `ARGV[2]` ms had passed for Redis. */
const script = `
local ms = tonumber(ARGV[2])
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local left = redis.call('PTTL', key)
  local kind = redis.call('TYPE', key).ok
  if left >= 0 and left <= ms then
    redis.call('DEL', key)
  else
    local value = kind == 'string' and redis.call('GET', key)
    if value and #value > 40 and string.byte(value) == 2 then
      local _, a, b, c, d = struct.unpack('>Bdddd', value)
      redis.call('SET', key, struct.pack('>Bdddd', 2, a - ms, b - ms, c - ms, d - ms) .. string.sub(value, 34), 'KEEPTTL')
    end
    if kind == 'zset' and string.sub(key, -2) == ':x' then
      for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ms, member) end
    end
    if left >= 0 then redis.call('PEXPIRE', key, left - ms) end
  end
end
`;

/** For tests with a clock of their own: the world moves instead. */
export async function shiftTime(redis: Redis, namespace: string, ms: number): Promise<void> {
  await redis.eval(script, 0, `${namespace}:c:*`, ms);
}
