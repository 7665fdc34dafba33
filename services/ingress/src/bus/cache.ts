import { type Bus, BusError, DeadlineWheel } from '@rostrum/shared/bus';
import { CodecError, type Version, WRITTEN } from '@rostrum/shared/codec';
import { type CacheAsk, cacheAnswer, cacheAsk, cacheFill, decodeOutcome, filledNotice } from '@rostrum/shared/messages';
import type { Problem } from '@rostrum/shared/problems';
import { LRUCache } from 'lru-cache';
import type { AskResult, Cache } from '../pipeline/answer-cached.ts';

/** An ask that has no answer after so long is asked again. */
const ASK_MS = 1_000;
/** A cache that answered nobody is taken to be away for so long, before one is asked again. */
const AWAY_MS = 5_000;
/** Words of the last moments are remembered for those whose ask is still under way. */
const RECENT = 1_000;

type Waiter = { expire(): void; heard(problem: Problem | undefined): void };

/** The cache service, reached over the bus. `onAsked` is told of the answer to each ask. */
export function createCache(bus: Bus, onAsked: (result: AskResult) => void): Cache {
  const waiters = new Map<string, Set<Waiter>>();
  const recent = new LRUCache<string, { at: number; problem: Problem | undefined }>({ max: RECENT });
  const wheel = new DeadlineWheel<Waiter>();
  let answeredAt = performance.now();
  let awayUntil = 0;

  bus.listen(bus.subjects.filled, (data) => {
    const { key, result, problem } = filledNotice.decode(data);
    const outcome = result === 'failed' ? decodeOutcome(problem) : undefined;
    const failure = outcome?.kind === 'problem' ? outcome.problem : undefined;
    recent.set(key, { at: performance.now(), problem: failure });
    for (const waiter of waiters.get(key) ?? []) waiter.heard(failure);
  });

  const ask = async (of: CacheAsk, version?: Version): Promise<AskResult> => {
    if (performance.now() < awayUntil) return 'away';
    try {
      const answer = await bus.request(bus.subjects.cache, cacheAsk.encode(of, version), { timeoutMs: ASK_MS });
      answeredAt = performance.now();
      return cacheAnswer.decode(answer);
    } catch (error) {
      if (error instanceof BusError && error.fault === 'deadline-exceeded') {
        // No answer to anybody for as long as one request would ask: nobody else has to find that out.
        if (performance.now() - answeredAt > 2 * ASK_MS) awayUntil = performance.now() + AWAY_MS;
        return 'silent';
      }
      // A cache of the release before: it takes a plain ask.
      if (error instanceof BusError && error.fault === 'malformed' && version === undefined && of.wants === 'any')
        return ask(of, WRITTEN);
      if (error instanceof BusError) return 'away';
      if (error instanceof CodecError) return 'away';
      throw error;
    }
  };

  return {
    async ask(of) {
      const result = await ask(of);
      onAsked(result);
      return result;
    },
    release({ key, holder }) {
      const empty = new Uint8Array(0);
      const fill = cacheFill.encode({ key, holder, result: 'released', ttlSeconds: 0, body: empty, problem: empty });
      // Not repeated: the lock ends by itself.
      bus.request(bus.subjects.fill, fill, { timeoutMs: ASK_MS }).catch(() => {});
    },
    waitFor(key, since, ms) {
      const word = recent.get(key);
      if (word && word.at >= since) return Promise.resolve(word.problem);
      return new Promise((resolve) => {
        const heard = (problem: Problem | undefined) => {
          wheel.remove(waiter);
          const others = waiters.get(key);
          others?.delete(waiter);
          if (others?.size === 0) waiters.delete(key);
          resolve(problem);
        };
        const waiter: Waiter = { heard, expire: () => heard(undefined) };
        const others = waiters.get(key);
        if (others) others.add(waiter);
        else waiters.set(key, new Set([waiter]));
        wheel.add(waiter, ms);
      });
    },
  };
}
