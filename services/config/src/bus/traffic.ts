import type { Bus } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, trafficReport } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import type { TrafficCounts } from '../traffic/traffic.ts';

/** Takes the ingresses' reports; one that cannot be kept now is not answered for, and comes again. */
export function serveTraffic(bus: Bus, counts: TrafficCounts): { leave(): Promise<void> } {
  return bus.serve(bus.subjects.traffic, queues.config, async ({ payload }) => {
    await counts.take(decodeJson(trafficReport, payload), Date.now());
    return encodeJson(true);
  });
}
