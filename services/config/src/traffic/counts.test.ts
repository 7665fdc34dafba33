import { DDSketch } from '@datadog/sketches-js';
import { sketchAccuracy } from '@rostrum/shared/messages';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, countsOf, summaryOf } from './counts.ts';

/** As an ingress reports these durations (ms). */
function reported(durations: readonly number[], status = 200) {
  const sketch = new DDSketch({ relativeAccuracy: sketchAccuracy });
  for (const each of durations) sketch.accept(each);
  const { bins, offset } = sketch.store;
  return countsOf({
    statuses: { [status]: durations.length },
    totalMs: sketch.sum,
    bins: bins.flatMap((count, index): [number, number][] => (count > 0 ? [[index + offset, count]] : [])),
  });
}

const durations = fc.array(fc.double({ min: 0.01, max: 300_000, noNaN: true }), { minLength: 1, maxLength: 200 });

describe('a summary', () => {
  it('has percentiles within 2 % of the exact ones, however the reports were merged', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 5 }), (reports) => {
        const merged = new Map<string, number>();
        for (const each of reports) addCounts(merged, reported(each));
        const summary = summaryOf(merged, 60);
        const all = reports.flat().sort((a, b) => a - b);
        for (const [percent, value] of [
          [50, summary?.p50Latency],
          [95, summary?.p95Latency],
          [99, summary?.p99Latency],
        ] as const) {
          const exact = all.find((_, index) => (index + 1) * 100 >= percent * all.length) as number;
          expect(Math.abs((value as number) - exact) / exact).toBeLessThan(0.02);
        }
        expect(summary?.totalRequests).toBe(all.length);
      }),
    );
  });

  it('of two requests has the slower one as p95 and p99', () => {
    const merged = new Map<string, number>();
    for (const each of [1.84, 690]) addCounts(merged, reported([each]));
    const { p50Latency = 0, p95Latency = 0, p99Latency } = summaryOf(merged, 60) ?? {};
    expect(p50Latency).toBeCloseTo(1.84, 1);
    expect(Math.abs(p95Latency - 690)).toBeLessThan(7);
    expect(p99Latency).toBe(p95Latency);
  });

  it('says how many failed, with which status', () => {
    const merged = new Map<string, number>();
    addCounts(merged, reported([10, 10, 10]));
    addCounts(merged, reported([20], 503));
    expect(summaryOf(merged, 2)).toMatchObject({
      ...{ totalRequests: 4, requestRate: 2, successRate: 0.75, averageLatency: 12.5, errors: { 503: 1 } },
    });
    expect(summaryOf(new Map(), 2)).toBeUndefined();
  });
});
