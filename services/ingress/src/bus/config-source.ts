import { type Bus, readOverBus } from '@rostrum/shared/bus';
import { changedNotice, decodeJson, encodeJson, fetchPartBytes, snapshotAnswer } from '@rostrum/shared/messages';
import type { ConfigSource } from '../routing/feed.ts';

const timeoutMs = 5_000;

/** Configuration, asked for over the bus. */
export function createConfigSource(bus: Bus): ConfigSource {
  const { config, changed } = bus.subjects;
  return {
    async snapshot(after) {
      return decodeJson(snapshotAnswer, await readOverBus(bus, config.snapshot, encodeJson({ after }), timeoutMs));
    },
    edge(service, revision) {
      return fetchPartBytes((payload) => readOverBus(bus, config.edge, payload, timeoutMs), { service, revision });
    },
    onChanged(listener) {
      bus.listen(changed, (data) => listener(decodeJson(changedNotice, data)));
    },
  };
}
