import { HOLDER_AT, OLD_HOLDER_AT } from '../value.ts';

/**
 * For scripts on one entry; KEYS: value, lock, index, expiries. Under our keys may stand anything: what is of another type
 * is as nothing, and what is in the way is removed.
 */
export const entryScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The value and its times; nothing where it is of a format that is not known here.
local function stored()
  local value = redis.pcall('GET', KEYS[1])
  if type(value) ~= 'string' then return end
  local format = string.byte(value)
  if format == 2 and #value >= ${HOLDER_AT + 4} then
    local _, fresh, revalidate, error = struct.unpack('>Bddd', value)
    return value, fresh, math.max(fresh, revalidate), math.max(fresh, error), string.byte(value, 42)
  end
  if format == 1 and #value >= ${OLD_HOLDER_AT + 4} then
    local _, fresh = struct.unpack('>Bd', value)
    return value, fresh, fresh, fresh, 0
  end
end

-- Who holds the lock, and for how long yet. A lock without an end would be one that nobody frees.
local function held()
  local holder = redis.pcall('HGET', KEYS[2], 'holder')
  local life = redis.call('PTTL', KEYS[2])
  if type(holder) == 'string' and life >= 0 then return holder, life end
  if life ~= -2 then redis.call('DEL', KEYS[2]) end
end

-- Puts the member into both sets, or moves it: 'GT' moves it to a later end only. An error where there is no room.
local function note(member, ends, flag)
  local life = math.max(1, ends - now)
  for place, score in pairs({[3] = 0, [4] = ends}) do
    local done = redis.pcall('ZADD', KEYS[place], flag, score, member)
    if type(done) == 'table' and string.find(done.err, 'WRONGTYPE', 1, true) then
      redis.call('DEL', KEYS[place])
      done = redis.pcall('ZADD', KEYS[place], flag, score, member)
    end
    if type(done) == 'table' then return done end
    if redis.call('PTTL', KEYS[place]) < life then redis.call('PEXPIRE', KEYS[place], life) end
  end
end
`;
