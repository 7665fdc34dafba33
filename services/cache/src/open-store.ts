import type { Logger } from '@rostrum/service/logger';
import type { Registry } from 'prom-client';
import type { Settings } from './config.ts';
import { CompressedStore } from './layers/compressed-store.ts';
import { GuardedStore } from './layers/guarded-store.ts';
import { HotStore } from './layers/hot-store.ts';
import { createLayerMetrics } from './layers/metrics.ts';
import type { CacheMetrics } from './metrics.ts';
import { connectRedis } from './redis/connection.ts';
import { RedisStore } from './redis/redis-store.ts';
import type { CacheStore } from './store.ts';

/** Redis refusing one thing would refuse it to every ask: so often it is told (ms). */
const COMPLAIN_EVERY_MS = 10_000;

export interface OpenStore {
  store: CacheStore;
  /** To be called when something was purged. */
  purged(): void;
  close(): void;
}

/**
 * Redis and what stands in front of it, from the inside out: the breaker, which cuts off what is slow; compression; and
 * the answers that are held in this process, expanded.
 */
export async function openStore(
  settings: Settings,
  log: Logger,
  metrics: CacheMetrics,
  registry: Registry,
): Promise<OpenStore> {
  const timeoutMs = settings.REDIS_TIMEOUT_MS;
  const layerMetrics = createLayerMetrics(registry);
  const connection = await connectRedis({
    mode: settings.REDIS_MODE,
    url: settings.REDIS_URL,
    sentinelName: settings.REDIS_SENTINEL_NAME,
    sentinelPassword: settings.REDIS_SENTINEL_PASSWORD,
    onChange(connected, reason) {
      metrics.redisConnected(connected);
      if (connected) return log.info('Redis is there');
      metrics.redisFailed('connection');
      // Its message alone: an error of the client’s holds what was sent, passwords too.
      log.warn({ reason: reason?.message }, 'Redis is away: asks are told to run without a lock');
    },
  });
  const complain = complainer(log);
  const redis = new RedisStore({
    redis: connection.redis,
    layout: connection.layout,
    namespace: settings.NAMESPACE,
    timeoutMs,
    onError(operation, error) {
      metrics.redisFailed(operation);
      complain(error, operation);
    },
  });
  const guarded = new GuardedStore(redis, {
    timeoutMs,
    onCutOff: () => layerMetrics.cutOff(),
    onChange(server, open) {
      layerMetrics.leftAlone(open);
      if (open) log.warn({ server, timeoutMs }, 'Redis answers too slowly: it is left alone, asks are told to run');
      else log.info({ server }, 'Redis answers in time again');
    },
  });
  const compressed = new CompressedStore(guarded, {
    fromBytes: settings.CACHE_COMPRESS_BYTES || Number.POSITIVE_INFINITY,
    maxValueBytes: settings.CACHE_MAX_VALUE_BYTES,
    onFault: (error) => complain(error, 'expand'),
  });
  const maxBytes = settings.CACHE_MEMORY_BYTES;
  const hot = maxBytes > 0 ? new HotStore(compressed, { maxBytes, onHit: layerMetrics.memoryHit }) : undefined;
  if (hot) layerMetrics.watch(hot);
  return {
    store: hot ?? compressed,
    purged: () => hot?.forget(),
    close() {
      guarded.close();
      connection.close();
    },
  };
}

function complainer(log: Logger) {
  let complainedAt = Number.NEGATIVE_INFINITY;
  return (error: Error, operation: string) => {
    if (performance.now() - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = performance.now();
    log.warn({ err: error, operation }, 'a call to Redis failed');
  };
}
