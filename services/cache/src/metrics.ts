import { Counter, Gauge, type Registry } from 'prom-client';

const verdicts = ['hit', 'stale', 'refresh', 'wait', 'run', 'run_unlocked', 'none'] as const;
const fillResults = ['stored', 'not_stored', 'failed', 'released', 'stale'] as const;
const operations = ['lookup', 'claim', 'fill', 'purge', 'stats', 'connection'] as const;

export type Verdict = (typeof verdicts)[number];
export type FillResult = (typeof fillResults)[number];
export type RedisOperation = (typeof operations)[number];

/** What this replica counts; the labels' values are the closed lists above. */
export interface CacheMetrics {
  asked(verdict: Verdict): void;
  filled(result: FillResult): void;
  redisFailed(operation: RedisOperation): void;
  redisConnected(connected: boolean): void;
}

export function createMetrics(registry: Registry): CacheMetrics {
  const registers = [registry];
  const asks = count(
    registers,
    'rostrum_cache_asks_total',
    'Asks by what they were told: `hit`, `stale` (given past its time), `refresh` (given, and to be run again meanwhile), `wait` (the same runs), `run`, `run_unlocked` (Redis is away), `none` (nothing is stored, and nothing was to be run).',
    'verdict',
    verdicts,
  );
  const fills = count(
    registers,
    'rostrum_cache_fills_total',
    'Fills by what became of them: `stored`, `not_stored` (too large, or not to be kept), `failed` and `released` (the run gave no answer), `stale` (the lock is another’s).',
    'result',
    fillResults,
  );
  const errors = count(
    registers,
    'rostrum_cache_redis_errors_total',
    'Calls to Redis that failed, and connections lost (`connection`).',
    'operation',
    operations,
  );
  const connected = new Gauge({
    name: 'rostrum_cache_redis_connected',
    help: 'Whether Redis is there (1) or asks are told to run without a lock (0).',
    registers,
  });
  return {
    asked: (verdict) => asks[verdict].inc(),
    filled: (result) => fills[result].inc(),
    redisFailed: (operation) => errors[operation].inc(),
    redisConnected: (is) => connected.set(is ? 1 : 0),
  };
}

/** A counter with one label, bound to each of its values: counting is on the way of every ask. */
function count<T extends string>(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  values: readonly T[],
) {
  const counter = new Counter({ name, help, labelNames: [label], registers });
  return Object.fromEntries(values.map((value) => [value, counter.labels(value)])) as Record<T, Counter.Internal>;
}
