import type { CacheOutcome } from '@rostrum/shared/messages';

/** What an answer's `Cache-Status` (see cache-status.ts) says became of its request, in one word for statistics. */
export function cacheOutcomeOf(cacheStatus: string): CacheOutcome {
  const [, ...parameters] = cacheStatus.split('; ');
  const said = new Map(parameters.map((each) => each.split('=', 2) as [string, string | undefined]));
  const detail = said.get('detail');
  if (said.has('hit')) return Number(said.get('ttl')) < 0 ? 'stale' : 'hit';
  if (detail === 'stale-if-error') return 'stale';
  if (said.get('fwd') === 'bypass' || detail === 'no-store') return 'bypass';
  return said.has('collapsed') ? 'collapsed' : 'miss';
}
