import type { Logger } from '@rostrum/service/logger';
import { registerBus } from '@rostrum/service/bus-metrics';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import { openRedis } from '@rostrum/redis';
import { joinBus } from '@rostrum/shared/bus';
import { problemLog } from '@rostrum/shared/problems';
import { createIdSource } from '@rostrum/shared/ids';
import { SchemaCache } from '@rostrum/shared/json-schema';
import { createCache } from './bus/cache.ts';
import { sendTraffic } from './bus/traffic.ts';
import { createConfigSource } from './bus/config-source.ts';
import { createExecutor } from './bus/executor.ts';
import { serveTrials } from './bus/serve-trials.ts';
import { startTracing } from '@rostrum/tracing';
import type { Settings } from './config.ts';
import { createHttpServer } from './http/server.ts';
import { createMetrics } from './metrics.ts';
import { authenticationBy } from './authentication.ts';
import type { Request } from './pipeline/context.ts';
import type { Deps } from './pipeline/deps.ts';
import { createRefreshes } from './pipeline/refreshes.ts';
import { handleRequest } from './pipeline/handle-request.ts';
import { startRateLimiter } from './rates/limiter.ts';
import { createRateStore } from './redis/rate-store.ts';
import { RoutingFeed } from './routing/feed.ts';
import { RoutingTable } from './routing/table.ts';
import { traceRequests } from './tracing.ts';
import { TrafficRecorder } from './traffic/recorder.ts';
import { TrafficReporter } from './traffic/reporter.ts';

/** Answers that are made anew at once while they are given: they take an executor's room from callers who wait. */
const MOST_REFRESHES = 64;

/** Puts the ingress together; the only place that makes adapters. Resolves when it may be sent requests. */
export async function startIngress(settings: Settings, log: Logger): Promise<RunningService> {
  const registry = createRegistry();
  const metrics = createMetrics(registry);
  const bus = await joinBus({
    url: settings.NATS_URL,
    namespace: settings.NAMESPACE,
    service: 'ingress',
    onFault: (error, subject) => log.warn({ err: error, subject }, 'a message cannot be handled'),
    onConnectionChange: (connected) => log.warn({ connected }, 'message bus'),
  });
  const tracing = await startTracing({ settings, service: 'ingress', process: bus.process, log });
  registerBus(registry, () => bus.stats());
  const table = new RoutingTable();
  metrics.watch(() => table.size);
  const source = createConfigSource(bus);
  const feed = new RoutingFeed(table, source, log);
  const redis = await openRedis(settings.REDIS_URL, { log });
  const rates = await startRateLimiter({
    store: createRateStore(redis, settings.NAMESPACE, bus.process),
    ...{ maxScopes: settings.RATE_SCOPES_MAX, timeoutMs: settings.RATE_TIMEOUT_MS, watch: metrics.rates },
  });
  const cache = createCache(bus, metrics.cacheAsked);
  const executor = createExecutor(bus, settings.ANSWER_GRACE_MS);
  const refreshes = createRefreshes({ executor, cache, most: MOST_REFRESHES, onEnd: metrics.refreshed });
  const deps: Deps = {
    rates,
    table,
    trailingSlash: settings.TRAILING_SLASH,
    authenticate: authenticationBy(settings, log, metrics.issuerLooked),
    bodyLimits: { expandedBytes: settings.EXPANDED_BODY_LIMIT_BYTES, members: settings.BODY_MAX_MEMBERS },
    schemas: new SchemaCache(),
    cache,
    executor,
    refreshes,
    catchUp: () => feed.catchUp(),
    onProblem(problem, { requestId }) {
      if (problem.cause !== undefined || problem.status >= 500)
        log.warn({ requestId, ...problemLog(problem) }, 'problem');
    },
  };
  const traffic = new TrafficRecorder(settings.TRAFFIC_MAX_ROUTES);
  const reporter = new TrafficReporter({
    ...{ recorder: traffic, process: bus.process, everyMs: settings.TRAFFIC_EVERY_MS },
    send: (report) => sendTraffic(bus, report),
  });
  const ids = createIdSource();
  const handle = (request: Request) => handleRequest(request, deps);
  const server = createHttpServer({
    settings,
    log,
    newRequestId: () => ids.next(),
    handle: tracing ? traceRequests(handle, tracing) : handle,
    onAnswered(request, reply) {
      metrics.answered(request, reply);
      const { matched } = request;
      if (matched?.route && matched.template) {
        const took = performance.now() - request.receivedAt;
        traffic.add(matched.service, matched.route, reply.status, took, matched.cache);
      }
      if (!settings.ACCESS_LOG) return;
      const { requestId, method, url, receivedAt, address } = request;
      const ms = Math.round((performance.now() - receivedAt) * 10) / 10;
      log.info({ requestId, method, path: url.split('?', 1)[0], status: reply.status, ms, address }, 'request');
    },
  });
  feed.start();
  const ops = await startOps({
    host: settings.OPS_HOST,
    port: settings.OPS_PORT,
    registry,
    // A balancer that sends it has to know who takes it: those of the release before do not.
    readyPaths: settings.PROXY_PROTOCOL_FROM.length > 0 ? ['/readyz/proxy-protocol'] : [],
    notReady: () => (feed.ready ? (bus.connected ? undefined : 'the message bus is away') : 'no routing table yet'),
  });
  await feed.untilReady();
  const bodyLimit = settings.BODY_LIMIT_BYTES;
  const trials = serveTrials(bus, { source, bodyLimit, newRequestId: () => ids.next(), deps, log });
  const { port } = await server.listen();
  return {
    addresses: { http: `http://${settings.INGRESS_HOST}:${port}`, ops: ops.url },
    async drain() {
      ops.leaving();
      await Promise.all([server.drain(), trials.leave()]);
      await refreshes.leave();
      await reporter.stop();
      await tracing?.close();
      await rates.close();
      await redis.close();
      await bus.close();
      await ops.close();
    },
  };
}
