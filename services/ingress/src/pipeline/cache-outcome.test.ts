import { expect, it } from 'vitest';
import { cacheOutcomeOf } from './cache-outcome.ts';
import { type CacheStatus, cacheStatusField } from './cache-status.ts';

it.each<[CacheStatus, string]>([
  [{ hit: true, ttl: 5, key: 'k' }, 'hit'],
  [{ hit: true, ttl: 0, key: 'k' }, 'hit'],
  [{ hit: true, ttl: -3, key: 'k' }, 'stale'],
  [{ fwd: 'stale', fwdStatus: 502, ttl: -3, key: 'k', detail: 'stale-if-error' }, 'stale'],
  [{ fwd: 'miss', stored: true, key: 'k' }, 'miss'],
  [{ fwd: 'stale', stored: true, key: 'k' }, 'miss'],
  [{ fwd: 'request', key: 'k' }, 'miss'],
  [{ key: 'k', detail: 'only-if-cached' }, 'miss'],
  [{ fwd: 'miss', key: 'k', detail: 'preferred-wait-over' }, 'miss'],
  [{ fwd: 'miss', collapsed: true, key: 'k' }, 'collapsed'],
  [{ fwd: 'bypass', detail: 'cache-unavailable' }, 'bypass'],
  [{ fwd: 'request', detail: 'no-store' }, 'bypass'],
])('%j is counted as %s', (status, outcome) => {
  expect(cacheOutcomeOf(cacheStatusField(status))).toBe(outcome);
});
