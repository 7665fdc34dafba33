import { HOLDER_AT, OLD_HOLDER_AT } from '../value.ts';
import { entryScript } from './common.ts';

/**
 * ARGV: holder, '1' to store, times from now on (ms): fresh, stale while revalidating, stale if error; the run's own,
 * kind, coding, entity tag, meta, body. Gives: taken, stored, waited. Without room for the value the lock is freed all
 * the same: those who wait would have to wait for its end.
 */
export const settleScript = `${entryScript}
local holder, store, kind = ARGV[1], ARGV[2] == '1', tonumber(ARGV[7])
local function text(of) return struct.pack('>I4', #of) .. of end
local name = text(holder)
if held() ~= holder then
  local function madeAt(offset) return redis.pcall('GETRANGE', KEYS[1], offset, offset + #name - 1) == name end
  local repeated = store and (madeAt(${HOLDER_AT}) or madeAt(${OLD_HOLDER_AT}))
  local flag = repeated and 1 or 0
  return {flag, flag, flag}
end
local done = 0
if store and kind == 1 then
  -- A problem does not take the place of an answer that is still good for something.
  local value, _, revalidate, error, of = stored()
  store = not (value and of == 0 and now < math.max(revalidate, error))
end
if store then
  local fresh = now + ARGV[3]
  local revalidate, error = fresh + ARGV[4], fresh + ARGV[5]
  local ends = math.max(revalidate, error)
  local head = struct.pack('>BdddddBB', 2, fresh, revalidate, error, now, tonumber(ARGV[6]), kind, tonumber(ARGV[8]))
  local value = head .. name .. text(ARGV[9]) .. text(ARGV[10]) .. ARGV[11]
  local set = redis.pcall('SET', KEYS[1], value, 'PX', string.format('%.0f', ends - now))
  if not set.err then
    done = 1
    local member = redis.call('HGET', KEYS[2], 'member')
    if member and member ~= '' then note(member, ends, 'CH') end
  end
end
local waited = redis.call('HEXISTS', KEYS[2], 'waited')
redis.call('DEL', KEYS[2])
return {1, done, waited}
`;
export type SettleReply = [taken: number, stored: number, waited: number];
