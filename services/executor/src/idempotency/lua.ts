/**
 * What runs inside Redis for an `Idempotency-Key`, each script one atomic step on one hash: `digest` of the request, claim
 * `id`, `startBy` (ms, Redis TIME, as no two clocks of executors need agree), `former` claim ids, and once they are known
 * `workflowId` and `answer`.
 */

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Claims a key that nobody has.
 * KEYS claim. ARGV digest, id, start within, keep (ms). Answers [] claimed, else what stands:
 * [digest, id, ms to startBy, former, workflow id, answer].
 */
export const takeLua = `${now}
local record = redis.call('HMGET', KEYS[1], 'digest', 'id', 'startBy', 'former', 'workflowId', 'answer')
if record[1] then
  return {record[1], record[2], record[3] - now, record[4] or '', record[5] or '', record[6] or ''}
end
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'id', ARGV[2], 'startBy', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {}
`;

/**
 * Takes a claim over of which nothing was started, by one of those who try.
 * KEYS claim. ARGV id, new id, start within, keep (ms), former. Answers 1 when it was taken over.
 */
export const takeOverLua = `${now}
local record = redis.call('HMGET', KEYS[1], 'id', 'workflowId', 'answer')
if record[1] ~= ARGV[1] or record[2] or record[3] then return 0 end
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'startBy', now + ARGV[3], 'former', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`;

/**
 * Writes down what has become of a claim; one that Redis has lost is written again. The first answer stays.
 * KEYS claim. ARGV id, digest, workflow id, answer or '', keep (ms).
 * Answers ['held', former, answer] or, of one that was taken over, ['lost', its workflow id, answer].
 */
export const noteLua = `
local record = redis.call('HMGET', KEYS[1], 'id', 'former', 'workflowId', 'answer')
if record[1] and record[1] ~= ARGV[1] then return {'lost', record[3] or '', record[4] or ''} end
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'digest', ARGV[2], 'workflowId', record[3] or ARGV[3])
if not record[1] then redis.call('HSET', KEYS[1], 'startBy', 0) end
local answer = record[4]
if not answer and ARGV[4] ~= '' then
  answer = ARGV[4]
  redis.call('HSET', KEYS[1], 'answer', answer)
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'held', record[2] or '', answer or ''}
`;

/**
 * Nothing was started under this claim and nothing will be. One that was taken over from another stands on, open to the
 * next: what that other may have started is still to be looked for.
 * KEYS claim. ARGV id.
 */
export const withdrawLua = `
local record = redis.call('HMGET', KEYS[1], 'id', 'former', 'workflowId', 'answer')
if record[1] ~= ARGV[1] or record[3] or record[4] then return 0 end
if record[2] then redis.call('HSET', KEYS[1], 'startBy', 0) else redis.call('DEL', KEYS[1]) end
return 1
`;
