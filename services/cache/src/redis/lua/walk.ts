/**
 * Steps over the members of an index, in the order of their bytes; KEYS: index, expiries. ARGV: from and to (as ZRANGEBYLEX
 * has them), at most how many, the names of its entries up to their digest. An index that is none is removed: nothing of
 * ours is in it.
 */
const walkScript = `
local found = redis.pcall('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
if found.err then
  redis.call('DEL', KEYS[1])
  found = {}
end
local last = found[#found] or ''
local function entry(member)
  local name = ARGV[4] .. string.match(member, '[^%z]*$')
  return name .. '}:v', name .. '}:l'
end
`;

/** Gives: how many answers and locks are gone, the digests of those that somebody waits for, the last member seen. */
export const purgeScript = `${walkScript}
local answers, locks, waited = 0, 0, {}
for _, member in ipairs(found) do
  local value, lock = entry(member)
  if redis.pcall('HEXISTS', lock, 'waited') == 1 then waited[#waited + 1] = string.match(member, '[^%z]*$') end
  answers = answers + redis.call('UNLINK', value)
  locks = locks + redis.call('DEL', lock)
  redis.call('ZREM', KEYS[1], member)
  redis.pcall('ZREM', KEYS[2], member)
end
return {answers, locks, waited, last}
`;
export type PurgeReply = [answers: number, locks: number, waited: Buffer[], last: Buffer];

/** Gives: route, how many answers, their bytes, for each route met; the last member seen. */
export const statsScript = `${walkScript}
local routes, entries, bytes = {}, {}, {}
for _, member in ipairs(found) do
  local size = redis.pcall('STRLEN', (entry(member)))
  if type(size) == 'number' and size > 0 then
    local route = string.match(member, '^[^%z]*')
    if not entries[route] then
      routes[#routes + 1] = route
      entries[route], bytes[route] = 0, 0
    end
    entries[route] = entries[route] + 1
    bytes[route] = bytes[route] + size
  end
end
local told = {}
for _, route in ipairs(routes) do told[#told + 1] = {route, entries[route], bytes[route]} end
return {told, last}
`;
export type StatsReply = [routes: [route: Buffer, entries: number, bytes: number][], last: Buffer];
