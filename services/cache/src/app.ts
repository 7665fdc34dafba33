import type { Logger } from '@rostrum/service/logger';
import { registerBus } from '@rostrum/service/bus-metrics';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import { type Bus, joinBus } from '@rostrum/shared/bus';
import {
  cacheAsk,
  cacheFill,
  cacheStatsAsk,
  decodeJson,
  encodeJson,
  type FilledNotice,
  filledNotice,
  purgeAsk,
} from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import { createAsks } from './ask.ts';
import type { Settings } from './config.ts';
import { createFills } from './fill.ts';
import { createMetrics } from './metrics.ts';
import { openStore } from './open-store.ts';
import { purge, type PurgeOptions, stats } from './purge.ts';
import { StoreError } from './store.ts';

/** Starts a replica: everything it knows is in Redis, so it may end at any time. */
export async function startCache(settings: Settings, log: Logger): Promise<RunningService> {
  const registry = createRegistry();
  const metrics = createMetrics(registry);
  let bus: Bus | undefined;
  // Without Redis it is ready all the same: it tells everyone to run.
  const notReady = () => (bus?.connected ? undefined : 'not connected to NATS');
  const ops = await startOps({ host: settings.OPS_HOST, port: settings.OPS_PORT, notReady, registry });
  const { store, purged, close: closeStore } = await openStore(settings, log, metrics, registry);
  const joined = await join(settings, log);
  bus = joined;
  registerBus(registry, () => joined.stats());

  const { subjects } = joined;
  const answerAsk = createAsks(store, metrics);
  const wake = (notice: FilledNotice) => joined.announce(subjects.filled, filledNotice.encode(notice));
  const takeFill = createFills({ store, metrics, maxValueBytes: settings.CACHE_MAX_VALUE_BYTES, announce: wake });
  const purging: PurgeOptions = {
    store,
    wake,
    announce: (selections) => joined.announce(subjects.purged, encodeJson({ selections })),
  };
  joined.listen(subjects.purged, purged);
  const served = [
    joined.serve(subjects.cache, queues.cache, ({ payload }) => answerAsk(cacheAsk.decode(payload))),
    joined.serve(subjects.fill, queues.cache, ({ payload }) => takeFill(cacheFill.decode(payload))),
    joined.serve(subjects.purge, queues.cache, async ({ payload }) =>
      encodeJson(await purge(decodeJson(purgeAsk, payload).selections, purging)),
    ),
    joined.serve(subjects.cacheStats, queues.cache, async ({ payload }) =>
      encodeJson(await stats(decodeJson(cacheStatsAsk, payload).service, store)),
    ),
  ];
  return {
    addresses: { ops: ops.url },
    async drain() {
      ops.leaving();
      await Promise.all(served.map((responder) => responder.leave()));
      await joined.close();
      closeStore();
      await ops.close();
    },
  };
}

function join(settings: Settings, log: Logger): Promise<Bus> {
  return joinBus({
    url: settings.NATS_URL,
    namespace: settings.NAMESPACE,
    service: 'cache',
    onFault(error, subject) {
      // The store has told of its own errors.
      if (!(error instanceof StoreError)) log.error({ err: error, subject }, 'a request could not be handled');
    },
    onConnectionChange: (connected) => log.warn(connected ? 'NATS is back' : 'NATS is away'),
  });
}
