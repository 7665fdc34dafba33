import { bytes, flag, number, oneOf, record, since, text, u32 } from '../codec/record.ts';

/**
 * May I have the answer under this key? `holder` names the asker for the lock, `lockMs` is the lock's life. `service`,
 * `route` and `label` (the key as its template reads for this request, not digested) are what it can be purged by. Asked
 * without them, it cannot be.
 */
export const cacheAsk = record({
  key: text,
  holder: text,
  lockMs: u32,
  service: since(4, text, ''),
  route: since(4, text, ''),
  label: since(4, text, ''),
  /** *any*: what is stored will do. *revalidate*: a new answer is wanted, and will be stored. *stored*: nothing is to be run. */
  wants: since(4, oneOf(['any', 'revalidate', 'stored']), 'any'),
  /** How long past its freshness an answer is good enough for this asker, beside what the route allows (s). */
  maxStaleSeconds: since(4, u32, 0),
});
export type CacheAsk = ReturnType<typeof cacheAsk.decode>;

/**
 * *hit*: `body` is the answer, fresh for `ttlSeconds` more; where `stale`, it has not been fresh for `ttlSeconds` but may
 * be given, and where `locked`, the asker is to run it again meanwhile. *wait*: the same is running; ask again when `filled` names
 * the key, and in `lockMs` at the latest. *run*: it is yours; `locked` tells whether a lock is held in your name. With
 * *wait* and *run* there may be a `stale` answer, to be given should the run fail. *none*: nothing is stored.
 */
export const cacheAnswer = record({
  verdict: oneOf(['hit', 'wait', 'run', 'none']),
  locked: flag,
  lockMs: u32,
  ttlSeconds: u32,
  body: bytes,
  stale: since(4, flag, false),
  /** How long ago the answer was made (s). */
  ageSeconds: since(4, u32, 0),
  /** Its entity tag (RFC 9110, section 8.8.3), `''` for none. */
  etag: since(4, text, ''),
  /** See {@link cacheFill}. */
  meta: since(4, text, ''),
  /** The answer is that its run failed: `body` is the encoded Outcome of the problem. */
  failed: since(4, flag, false),
});
export type CacheAnswer = ReturnType<typeof cacheAnswer.decode>;

/**
 * How a run that held a lock ended. *stored*: keep `body` for `ttlSeconds`. *failed*: it ran and failed; those who
 * waited get the same problem, and for `problemSeconds` it is everybody's. *released*: nothing is known; those who waited
 * ask again.
 */
export const cacheFill = record({
  key: text,
  holder: text,
  result: oneOf(['stored', 'failed', 'released']),
  ttlSeconds: u32,
  body: bytes,
  problem: bytes,
  /** For how long after that it may be given while another is made, and where none can be made (s). */
  staleWhileRevalidateSeconds: since(4, u32, 0),
  staleIfErrorSeconds: since(4, u32, 0),
  /** How long the run took (ms): what is expensive is refreshed earlier. */
  runMs: since(4, number, 0),
  /** JSON of HttpResponse where `body` is not the JSON of a plain 200, else `''`. Kept with it. */
  meta: since(4, text, ''),
  /** Not `ttlSeconds`: the release before sends that with what failed, too, and means nothing by it. */
  problemSeconds: since(4, u32, 0),
});
export type CacheFill = ReturnType<typeof cacheFill.decode>;

/** Whether the fill was taken; *stale* when the lock was not (or no longer) the holder's. */
export const fillAnswer = record({ result: oneOf(['taken', 'stale']) });

/** Told to every ingress when somebody was told to wait: ask again, or take this problem as yours. */
export const filledNotice = record({ key: text, result: oneOf(['ask', 'failed']), problem: bytes });
export type FilledNotice = ReturnType<typeof filledNotice.decode>;
