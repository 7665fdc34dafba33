import { DDSketch } from '@datadog/sketches-js';
import { cacheOutcomes, sketchAccuracy, type TrafficSeries } from '@rostrum/shared/messages';
import { z } from 'zod';

/**
 * How something has answered in some stretch of time, as numbers by name that are merged by adding them: `s<status>`,
 * `us` (the sum of the durations, µs), `b<key>`, the bins of a sketch of the durations in ms, and `c<outcome>`, what became
 * of requests in the cache.
 */
export type Counts = ReadonlyMap<string, number>;

export function countsOf({ statuses, cache = {}, totalMs, bins }: Omit<TrafficSeries, 'service' | 'route'>): Counts {
  return new Map([
    ...Object.entries(statuses).map(([status, count]): [string, number] => [`s${status}`, count]),
    ...cacheOutcomes.flatMap((name): [string, number][] => (cache[name] ? [[`c${name}`, cache[name]]] : [])),
    ['us', Math.round(totalMs * 1_000)],
    ...bins.map(([key, count]): [string, number] => [`b${key}`, count]),
  ]);
}

export function addCounts(into: Map<string, number>, counts: Counts): void {
  for (const [name, count] of counts) into.set(name, (into.get(name) ?? 0) + count);
}

/**
 * What the admin API says of them. Durations in ms; percentiles are by nearest rank, the smallest duration that at least
 * so many of all did not exceed, and within 1 % of the true ones.
 */
export const summaryShape = z.object({
  totalRequests: z.number(),
  requestRate: z.number().describe('A second.'),
  successRate: z.number().describe('The part answered with a status below 400.'),
  averageLatency: z.number().describe('ms'),
  p50Latency: z.number().describe('ms'),
  p95Latency: z.number().describe('ms'),
  p99Latency: z.number().describe('ms'),
  errors: z.record(z.string(), z.number()).describe('How many answers had each status of 400 and above.'),
});
export type Summary = z.infer<typeof summaryShape>;

/** Undefined when there was nothing. */
export function summaryOf(counts: Counts, seconds: number): Summary | undefined {
  const errors: Record<string, number> = {};
  let total = 0;
  let failed = 0;
  const sketch = new DDSketch({ relativeAccuracy: sketchAccuracy });
  for (const [name, count] of counts) {
    if (name.startsWith('b')) {
      sketch.store.add(Number(name.slice(1)), count);
      sketch.count += count;
    } else if (name.startsWith('s')) {
      total += count;
      if (Number(name.slice(1)) < 400) continue;
      failed += count;
      errors[name.slice(1)] = count;
    }
  }
  if (total === 0) return undefined;
  const at = (percent: number) => round(nearestRank(sketch, percent));
  return {
    totalRequests: total,
    requestRate: round(total / seconds),
    successRate: round((total - failed) / total),
    averageLatency: round((counts.get('us') ?? 0) / 1_000 / total),
    ...{ p50Latency: at(50), p95Latency: at(95), p99Latency: at(99) },
    errors,
  };
}

/** The sketch's own quantiles are of the rank below: of two durations, every one would be the smaller. */
function nearestRank({ count, store, mapping }: DDSketch, percent: number): number {
  return count === 0 ? 0 : mapping.value(store.keyAtRank(Math.ceil((percent * count) / 100) - 1));
}

/** To five digits: more would only look exact. */
function round(value: number): number {
  return Number(value.toPrecision(5));
}
