import type { TrafficReport } from '@rostrum/shared/messages';
import type { Route, Service } from '../domain/records.ts';
import { type Counts, type Summary, summaryOf } from './counts.ts';
import type { Window } from './resolutions.ts';
import { routeId } from '@rostrum/shared/revision';

/** Where counts are kept; `route` is a route's id, or '' for the whole service. All throw while it is away. */
export interface TrafficCounts {
  take(report: TrafficReport, now: number): Promise<void>;
  totals(service: string, route: string, window: Window, now: number): Promise<Counts>;
  buckets(
    service: string,
    route: string,
    window: Window,
    now: number,
  ): Promise<{ time: number; seconds: number; counts: Counts }[]>;
}

export interface Metrics extends Summary {
  timeSeries: ({ time: number } & Summary)[];
}

/** How a service, or one of its routes, has answered; undefined when it was not asked anything. */
export async function metricsOf(
  counts: TrafficCounts,
  service: string,
  route: string,
  window: Window,
): Promise<Metrics | undefined> {
  const now = Date.now();
  const [total, buckets] = await Promise.all([
    summaryIn(counts, service, route, window),
    counts.buckets(service, route, window, now),
  ]);
  if (!total) return undefined;
  const timeSeries = buckets.flatMap(({ time, seconds, counts: counted }) => {
    const summary = summaryOf(counted, seconds);
    return summary ? [{ time, ...summary }] : [];
  });
  return { ...total, timeSeries };
}

/** The same without the time series. */
export async function summaryIn(
  counts: TrafficCounts,
  service: string,
  route: string,
  window: Window,
): Promise<Summary | undefined> {
  const now = Date.now();
  const seconds = Math.max(1, (Math.min(window.end, now) - window.start) / 1_000);
  return summaryOf(await counts.totals(service, route, window, now), seconds);
}

/** Of each of the service's routes that was asked something, by `METHOD path`. */
export async function routeSummaries(
  counts: TrafficCounts,
  { id, routes }: Service,
  window: Window,
): Promise<Map<Route, Summary>> {
  const each = await Promise.all(
    routes.map(
      async (route): Promise<[Route, Summary | undefined]> => [
        route,
        await summaryIn(counts, id, routeId(route.httpMethod, route.path), window),
      ],
    ),
  );
  return new Map(each.filter((pair): pair is [Route, Summary] => pair[1] !== undefined));
}
