/**
 * What runs inside Redis, each script one atomic step. All times are Redis's own (ms): clocks of executors need not
 * agree with it or with each other. Keys that a script makes from the pool's prefix are in the slot of those it is given.
 */

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Who finds no marker sets it: from then on owners have one renewal interval to add what they hold again. */
const since = `${now}
local since = tonumber(redis.call('GET', KEYS[1]))
if not since then
  since = now
  redis.call('SET', KEYS[1], since)
end
`;

/** Forgets a watch, or tells the one who took it over that there is nothing left to watch. */
const free = `
local function free(watches, permit, watch, id, owner)
  redis.call('ZREM', permit, id)
  local holder = redis.call('HGET', watch, 'owner')
  if holder and holder ~= '' and holder ~= owner then
    redis.call('HSET', watch, 'ended', 1)
  else
    redis.call('DEL', watch)
    redis.call('ZREM', watches, id)
  end
end
`;

/**
 * Scores from here on are those of waiters, in order of arrival; all below are ends of leases (ms). So a scope's sorted set
 * is its queue: who holds a permit, then who waits, and whoever stands among the first `limit` may have one.
 */
const FIRST_WAITER = 2 ** 52;

/** Takes waiters out of their queues that nobody has spoken for in time, some at a time; gives whether there may be more. */
const dismiss = `
local function dismiss(waiters, prefix)
  local expired = redis.call('ZRANGEBYSCORE', waiters, '-inf', now, 'LIMIT', 0, 100)
  for _, dead in ipairs(expired) do
    local name, waiter = dead:match('^([^/]*)/(.*)$')
    redis.call('ZREM', prefix .. 'permit:' .. name, waiter)
    redis.call('ZREM', waiters, dead)
  end
  return #expired == 100
end
`;

/**
 * Takes a permit and writes its watch record; or queues for one.
 * KEYS marker, watches, permit, watch, waiters. ARGV id, limit, permit lease, watch lease, settle, start within,
 * remaining, owner, permit name, intent, waiter ('': does not wait), waiter's lease, prefix.
 * Answers [0, how many stood before it] taken, [1, running] full, [2, ms to wait] recovering, [3, running] waits.
 *
 * A lease that ran out still counts while its watch record stands: the workflow may run, and somebody will find out.
 */
export const takeLua = `${since}${dismiss}
if now < since + ARGV[5] then return {2, since + ARGV[5] - now} end
local limit, waiter = tonumber(ARGV[2]), ARGV[11]
local queued
local function before()
  queued = waiter ~= '' and redis.call('ZRANK', KEYS[3], waiter)
  return queued or redis.call('ZCARD', KEYS[3])
end
local place = before()
if place >= limit then
  for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
    if not redis.call('ZSCORE', KEYS[2], expired) then redis.call('ZREM', KEYS[3], expired) end
  end
  dismiss(KEYS[5], ARGV[13])
  place = before()
end
if place >= limit then
  local running = redis.call('ZCOUNT', KEYS[3], '-inf', ${FIRST_WAITER})
  if waiter == '' then return {1, running} end
  if not queued then
    local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
    redis.call('ZADD', KEYS[3], math.max(${FIRST_WAITER}, tonumber(last[2])) + 1, waiter)
  end
  redis.call('ZADD', KEYS[5], now + ARGV[12], ARGV[9] .. '/' .. waiter)
  return {3, running}
end
if queued then
  redis.call('ZREM', KEYS[3], waiter)
  redis.call('ZREM', KEYS[5], ARGV[9] .. '/' .. waiter)
end
redis.call('ZADD', KEYS[3], now + ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
redis.call('HSET', KEYS[4], 'owner', ARGV[8], 'permit', ARGV[9], 'intent', ARGV[10],
  'startBy', now + ARGV[6], 'deadline', now + ARGV[7])
return {0, place}
`;

/**
 * Speaks for waiters. KEYS waiters, then the permit of each. ARGV prefix, lease, then of each: permit name, waiter, limit.
 * Answers the positions (from 1) of those that are to try a take: they may have a permit, or have lost their place.
 */
export const stayLua = `${now}${dismiss}
local function each(use)
  for i = 1, #KEYS - 1 do use(i, KEYS[i + 1], unpack(ARGV, i * 3, i * 3 + 2)) end
end
each(function(_, permit, name, waiter)
  if redis.call('ZSCORE', permit, waiter) then redis.call('ZADD', KEYS[1], now + ARGV[2], name .. '/' .. waiter) end
end)
dismiss(KEYS[1], ARGV[1])
local due = {}
each(function(i, permit, _, waiter, limit)
  local place = redis.call('ZRANK', permit, waiter)
  if not place or place < tonumber(limit) then due[#due + 1] = i end
end)
return due
`;

/** Takes waiters out of their queues. KEYS waiters, then the permit of each. ARGV of each: permit name, waiter. */
export const withdrawLua = `
for i = 1, #KEYS - 1 do
  local name, waiter = ARGV[i * 2 - 1], ARGV[i * 2]
  redis.call('ZREM', KEYS[i + 1], waiter)
  redis.call('ZREM', KEYS[1], name .. '/' .. waiter)
end
`;

/**
 * Renews watches with their permits; a permit that vanished is added again, above the limit too.
 * KEYS marker, watches. ARGV prefix, owner, permit lease, watch lease, ids: together in one text, since ten thousand who wait
 * are renewed all the time, and to send keys and arguments of each cost more than all else about it.
 * Answers what is not as it should be: [position (from 1), 'missing' | 'lost' | 'ended', …].
 */
export const renewLua = `${since}${free}
local odd, renewed = {}, {}
local position = 0
for id in ARGV[5]:gmatch('%S+') do
  local watch = ARGV[1] .. 'watch:' .. id
  local record = redis.call('HMGET', watch, 'owner', 'ended', 'permit')
  local state
  position = position + 1
  if not record[1] then
    state = 'missing'
  elseif record[1] ~= ARGV[2] then
    state = 'lost'
  elseif record[2] then
    free(KEYS[2], ARGV[1] .. 'permit:' .. record[3], watch, id, ARGV[2])
    state = 'ended'
  else
    -- The permits of those who need none are counted by nobody.
    if record[3] ~= '' then redis.call('ZADD', ARGV[1] .. 'permit:' .. record[3], now + ARGV[3], id) end
    renewed[#renewed + 1] = now + ARGV[4]
    renewed[#renewed + 1] = id
  end
  if state then
    odd[#odd + 1] = position
    odd[#odd + 1] = state
  end
end
if #renewed > 0 then redis.call('ZADD', KEYS[2], unpack(renewed)) end
return odd
`;

/**
 * Writes watch records that are not there, with their leases; what stands is left as it is.
 * KEYS watches, then permit and watch of each. ARGV owner, permit lease, watch lease, then of each: id, start within
 * (negative: over since), remaining, permit name, intent, workflow id, answered.
 */
export const putLua = `${now}
for i = 1, (#ARGV - 3) / 7 do
  local id, startWithin, remaining, name, intent, workflow, answered = unpack(ARGV, i * 7 - 3, i * 7 + 3)
  local permit, watch = KEYS[i * 2], KEYS[i * 2 + 1]
  if redis.call('EXISTS', watch) == 0 then
    redis.call('HSET', watch, 'owner', ARGV[1], 'permit', name, 'intent', intent,
      'startBy', now + startWithin, 'deadline', now + remaining)
    if workflow ~= '' then redis.call('HSET', watch, 'workflowId', workflow) end
    if answered ~= '' then redis.call('HSET', watch, 'answered', answered) end
    redis.call('ZADD', permit, now + ARGV[2], id)
    redis.call('ZADD', KEYS[1], now + ARGV[3], id)
  end
end
`;

/**
 * Takes over watches whose lease has ended, each by one taker; and dismisses waiters of the dead, whose places would stand for
 * ever in scopes in which nobody asks any more.
 * KEYS marker, watches, waiters. ARGV prefix, owner, permit lease, watch lease, settle, how many at most.
 * Answers [ms for which takes are recovering, [[id, permit name, intent, ms to startBy, ms to the deadline,
 * workflow id, answered], …], 1 when there may be more].
 */
export const claimLua = `${since}${free}${dismiss}
local claimed = {}
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[6])
for _, id in ipairs(expired) do
  local watch = ARGV[1] .. 'watch:' .. id
  local record = redis.call('HMGET', watch, 'permit', 'intent', 'startBy', 'deadline', 'workflowId', 'answered', 'ended')
  local permit = ARGV[1] .. 'permit:' .. (record[1] or '')
  redis.call('HSET', watch, 'owner', ARGV[2])
  if not record[1] or record[7] then
    free(KEYS[2], permit, watch, id, ARGV[2])
  else
    redis.call('ZADD', KEYS[2], now + ARGV[4], id)
    redis.call('ZADD', permit, now + ARGV[3], id)
    claimed[#claimed + 1] =
      {id, record[1], record[2], record[3] - now, record[4] - now, record[5] or '', record[6] or ''}
  end
end
local more = dismiss(KEYS[3], ARGV[1]) or #expired == tonumber(ARGV[6])
return {math.max(0, since + ARGV[5] - now), claimed, more and 1 or 0}
`;

/**
 * Writes down what holders of permits have learnt.
 * KEYS watches, waiters, then permit and watch of each. ARGV owner, then of each: id, 'free' or '', workflow id, answered.
 * Answers the positions (from 1) of those that were freed and that somebody waits for.
 */
export const noteLua = `${free}
local freed = {}
for i = 1, (#ARGV - 1) / 4 do
  local id, what, workflow, answered = unpack(ARGV, i * 4 - 2, i * 4 + 1)
  local permit, watch = KEYS[i * 2 + 1], KEYS[i * 2 + 2]
  if what == 'free' then
    free(KEYS[1], permit, watch, id, ARGV[1])
    freed[#freed + 1] = i
  elseif redis.call('EXISTS', watch) == 1 then
    if workflow ~= '' then redis.call('HSET', watch, 'workflowId', workflow) end
    if answered ~= '' then redis.call('HSET', watch, 'answered', answered) end
  end
end
local wanted = {}
if #freed == 0 or redis.call('ZCARD', KEYS[2]) == 0 then return wanted end
for _, i in ipairs(freed) do
  local last = redis.call('ZRANGE', KEYS[i * 2 + 1], -1, -1, 'WITHSCORES')
  if last[2] and tonumber(last[2]) > ${FIRST_WAITER} then wanted[#wanted + 1] = i end
end
return wanted
`;

/**
 * Frees a permit whose start was not found, unless somebody has written down meanwhile that the workflow runs.
 * KEYS watches, permit, watch. ARGV owner, id. Answers the workflow's id, '' when it was freed.
 */
export const concludeLua = `${free}
local workflow = redis.call('HGET', KEYS[3], 'workflowId')
if workflow then return workflow end
free(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[1])
return ''
`;

/** Ends the leases of watches at once. KEYS watches, then each watch. ARGV owner, then each id. */
export const giveUpLua = `
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[i], 'owner') == ARGV[1] then
    redis.call('HSET', KEYS[i], 'owner', '')
    redis.call('ZADD', KEYS[1], 0, ARGV[i])
  end
end
`;
