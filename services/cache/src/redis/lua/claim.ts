import { entryScript } from './common.ts';

/** So many members that are over are taken out of an index when one is put in: more than come in. */
const SWEPT = 4;

/**
 * ARGV: holder, lock's life (ms), latest moment by Redis's clock (ms), what is fresh until then is to be made anew (ms),
 * '1' where the asker takes what is stale, member of the index ('' for none). Gives: verdict, lock's life left, now,
 * the value as far as it may be of use.
 */
export const claimScript = `${entryScript}
local name, life, member = ARGV[1], tonumber(ARGV[2]), ARGV[6]
if now > tonumber(ARGV[3]) then return redis.error_reply('LATE nobody waits for this claim any more') end
local value, fresh, revalidate, error = stored()
if value and now < fresh and fresh > tonumber(ARGV[4]) then return {'hit', 0, now, value} end
local given = ARGV[5] == '1' and value and now < revalidate
local kept = ARGV[5] == '1' and value and now < math.max(revalidate, error) and value or ''

local holder, left = held()
if holder == name then return {'run', left, now, kept} end
if holder then
  if given then return {'hit', 0, now, value} end
  redis.call('HSET', KEYS[2], 'waited', 1)
  return {'wait', left, now, kept}
end
if member ~= '' then
  -- In the index from the start: what was not there could be stored after a purge.
  local refused = note(member, now + life, 'GT')
  if refused then return refused end
  for _, over in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', string.format('(%.0f', now), 'LIMIT', 0, ${SWEPT})) do
    redis.call('ZREM', KEYS[3], over)
    redis.call('ZREM', KEYS[4], over)
  end
end
redis.call('HSET', KEYS[2], 'holder', name, 'member', member)
redis.call('PEXPIRE', KEYS[2], life)
return {'run', life, now, kept}
`;
export type ClaimReply = [verdict: Buffer, lockMs: number, now: number, value: Buffer];
