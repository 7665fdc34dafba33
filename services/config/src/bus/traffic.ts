import type { Bus } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, trafficReport } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import type { TrafficCounts } from '../traffic/traffic.ts';

/**
 * Takes the ingresses' reports; one that cannot be kept now is not answered for, and comes again. `isRoute` knows the
 * services, and their routes by id (`''`: those without a series of their own): what is none is not kept.
 */
export function serveTraffic(
  bus: Bus,
  counts: TrafficCounts,
  isRoute: (service: string, route: string) => boolean,
): { leave(): Promise<void> } {
  return bus.serve(bus.subjects.traffic, queues.config, async ({ payload }) => {
    const { id, series } = decodeJson(trafficReport, payload);
    await counts.take({ id, series: series.filter(({ service, route }) => isRoute(service, route)) }, Date.now());
    return encodeJson(true);
  });
}
