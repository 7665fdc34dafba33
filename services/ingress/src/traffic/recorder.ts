import { DDSketch } from '@datadog/sketches-js';
import { type CacheOutcome, sketchAccuracy, type TrafficSeries } from '@rostrum/shared/messages';

/** How one route has answered. */
class Series {
  readonly statuses = new Map<number, number>();
  readonly cache = new Map<CacheOutcome, number>();
  readonly sketch = new DDSketch({ relativeAccuracy: sketchAccuracy });

  add(status: number, ms: number, cache: CacheOutcome | undefined): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (cache) this.cache.set(cache, (this.cache.get(cache) ?? 0) + 1);
    this.sketch.accept(ms);
  }
}

/** Durations below are counted as this: a sketch of relative accuracy has no zero (ms). */
const leastMs = 0.01;

/** Counts answers by route, at most `maxRoutes` of them apart: those beyond count for their service alone. */
export class TrafficRecorder {
  readonly #maxRoutes: number;
  #services = new Map<string, Map<string, Series>>();
  #routes = 0;

  constructor(maxRoutes: number) {
    this.#maxRoutes = maxRoutes;
  }

  /** On the way of every request: two look-ups and a logarithm. */
  add(service: string, route: string, status: number, ms: number, cache?: CacheOutcome): void {
    let routes = this.#services.get(service);
    if (!routes) this.#services.set(service, (routes = new Map()));
    const series = routes.get(route) ?? this.#newSeries(routes, route);
    series.add(status, Math.max(ms, leastMs), cache);
  }

  #newSeries(routes: Map<string, Series>, route: string): Series {
    const room = this.#routes < this.#maxRoutes;
    const name = room ? route : '';
    const known = routes.get(name);
    if (known) return known;
    if (room) this.#routes += 1;
    const series = new Series();
    routes.set(name, series);
    return series;
  }

  /** What was counted since the last time. */
  take(): TrafficSeries[] {
    const services = this.#services;
    this.#services = new Map();
    this.#routes = 0;
    return [...services].flatMap(([service, routes]) =>
      [...routes].map(([route, { statuses, cache, sketch }]) => ({
        service,
        route,
        statuses: Object.fromEntries(statuses),
        ...(cache.size > 0 ? { cache: Object.fromEntries(cache) } : {}),
        totalMs: sketch.sum,
        bins: binsOf(sketch),
      })),
    );
  }
}

function binsOf({ store: { bins, offset, minKey, maxKey } }: DDSketch): [number, number][] {
  const filled: [number, number][] = [];
  for (let key = minKey; key <= maxKey; key++) {
    const count = bins[key - offset] ?? 0;
    if (count > 0) filled.push([key, count]);
  }
  return filled;
}
