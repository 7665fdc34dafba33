import type { Bus } from '@rostrum/shared/bus';
import { changedNotice, decodeJson, encodeJson, snapshotAnswer } from '@rostrum/shared/messages';
import { z } from 'zod';
import type { ConfigSource } from '../routing/feed.ts';

const timeoutMs = 5_000;

/** Configuration, asked for over the bus. */
export function createConfigSource(bus: Bus): ConfigSource {
  const { config, changed } = bus.subjects;
  return {
    async snapshot(after) {
      return decodeJson(snapshotAnswer, await bus.request(config.snapshot, encodeJson({ after }), { timeoutMs }));
    },
    async edge(service, revision) {
      const answer = await bus.request(config.edge, encodeJson({ service, revision }), { timeoutMs });
      return decodeJson(z.unknown(), answer) ?? undefined;
    },
    onChanged(listener) {
      bus.listen(changed, (data) => listener(decodeJson(changedNotice, data)));
    },
  };
}
