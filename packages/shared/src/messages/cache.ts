import { bytes, flag, oneOf, record, text, u32 } from '../codec/record.ts';

/** May I have the answer under this key? `holder` names the asker for the lock, `lockMs` is the lock's life. */
export const cacheAsk = record({ key: text, holder: text, lockMs: u32 });
export type CacheAsk = ReturnType<typeof cacheAsk.decode>;

/**
 * *hit*: `body` is the answer, fresh for `ttlSeconds` more. *wait*: the same is running; ask again when `filled` names
 * the key, and in `lockMs` at the latest. *run*: it is yours; `locked` tells whether a lock is held in your name.
 */
export const cacheAnswer = record({
  verdict: oneOf(['hit', 'wait', 'run']),
  locked: flag,
  lockMs: u32,
  ttlSeconds: u32,
  body: bytes,
});
export type CacheAnswer = ReturnType<typeof cacheAnswer.decode>;

/**
 * How a run that held a lock ended. *stored*: keep `body` for `ttlSeconds`. *failed*: it ran and failed; those who
 * waited get the same problem. *released*: nothing is known; those who waited ask again.
 */
export const cacheFill = record({
  key: text,
  holder: text,
  result: oneOf(['stored', 'failed', 'released']),
  ttlSeconds: u32,
  body: bytes,
  problem: bytes,
});
export type CacheFill = ReturnType<typeof cacheFill.decode>;

/** Whether the fill was taken; *stale* when the lock was not (or no longer) the holder's. */
export const fillAnswer = record({ result: oneOf(['taken', 'stale']) });

/** Told to every ingress when somebody was told to wait: ask again, or take this problem as yours. */
export const filledNotice = record({ key: text, result: oneOf(['ask', 'failed']), problem: bytes });
export type FilledNotice = ReturnType<typeof filledNotice.decode>;
