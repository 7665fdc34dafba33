import { type Bus, BusError } from '@rostrum/shared/bus';
import {
  type CacheSelection,
  type CacheStatsAnswer,
  cacheStatsAnswer,
  decodeJson,
  encodeJson,
  purgeAnswer,
} from '@rostrum/shared/messages';
import { AdminProblem } from '../problems.ts';

/** What the admin API wants of the caches. */
export interface CacheService {
  /**
   * Has all forgotten that these select, on every replica; answers how many answers, and locks of executions under way,
   * are gone.
   *
   * @throws {AdminProblem} service-unavailable; its detail says what was done.
   */
  purge(selections: readonly CacheSelection[]): Promise<Purged>;
  /** What is stored of a service. @throws {AdminProblem} service-unavailable. */
  stats(service: string): Promise<CacheStatsAnswer>;
}

export interface Purged {
  answers: number;
  locks: number;
}

/** Less than clients wait for an answer. A large purge takes some seconds; counting ends by itself after three. */
const PURGE_MS = 25_000;
const STATS_MS = 10_000;
/** What fits into a message, and is done in a moment unless there is much of it. */
const SELECTIONS_IN_ONE = 200;

export function createCacheService(bus: Bus): CacheService {
  return {
    async purge(selections) {
      const deadline = performance.now() + PURGE_MS;
      const done: Purged = { answers: 0, locks: 0 };
      let at = 0;
      const broken = (sentence: string, cause?: unknown) => {
        const { answers, locks } = done;
        const nothing = at === 0 && cause instanceof BusError && untaken.has(cause.fault);
        const so = nothing ? 'Nothing was purged.' : `Known to be gone: ${answers} answers and ${locks} locks.`;
        const detail = `${sentence} ${so} It may be sent again.`;
        return new AdminProblem('service-unavailable', detail, {}, cause);
      };
      for (; at < selections.length; at += SELECTIONS_IN_ONE) {
        const payload = encodeJson({ selections: selections.slice(at, at + SELECTIONS_IN_ONE) });
        const timeoutMs = Math.max(1_000, deadline - performance.now());
        const answer = await bus
          .request(bus.subjects.purge, payload, { timeoutMs, graceMs: 1_000 })
          .catch((error: unknown) => {
            if (!(error instanceof BusError)) throw error;
            throw broken(sentenceOf(error), error);
          });
        const { answers, locks, fault } = decodeJson(purgeAnswer, answer);
        done.answers += answers;
        done.locks += locks;
        if (fault !== undefined) throw broken(fault);
      }
      return done;
    },
    async stats(service) {
      const payload = encodeJson({ service });
      const answer = await bus
        .request(bus.subjects.cacheStats, payload, { timeoutMs: STATS_MS })
        .catch((error: unknown) => {
          if (!(error instanceof BusError)) throw error;
          throw new AdminProblem('service-unavailable', `${sentenceOf(error)} Try again.`, {}, error);
        });
      return decodeJson(cacheStatsAnswer, answer);
    },
  };
}

/** With these nobody has begun. */
const untaken: ReadonlySet<BusError['fault']> = new Set(['no-responders', 'disconnected', 'closed', 'too-large']);

function sentenceOf({ fault }: BusError): string {
  switch (fault) {
    case 'no-responders':
      return 'No cache of this release is there.';
    case 'disconnected':
    case 'closed':
      return 'NATS is away.';
    case 'deadline-exceeded':
      return 'The cache that was asked did not answer in time; it may be going on.';
    default:
      return 'The cache that was asked failed; its log says why.';
  }
}
