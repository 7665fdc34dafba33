import type { Bus } from '@rostrum/shared/bus';
import { encodeJson, type TrafficReport } from '@rostrum/shared/messages';

const timeoutMs = 5_000;

/** Hands a report to one of the config replicas. @throws when none has taken it for certain. */
export async function sendTraffic(bus: Bus, report: TrafficReport): Promise<void> {
  await bus.request(bus.subjects.traffic, encodeJson(report), { timeoutMs });
}
