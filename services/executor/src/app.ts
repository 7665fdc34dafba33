import { createSandbox } from '@rostrum/sandbox';
import type { Logger } from '@rostrum/service/logger';
import { registerBus } from '@rostrum/service/bus-metrics';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import { DeadlineWheel, joinBus } from '@rostrum/shared/bus';
import { SchemaCache } from '@rostrum/shared/json-schema';
import { freedNotice } from '@rostrum/shared/messages';
import { startTracing } from '@rostrum/tracing';
import { answerOrphan } from './bus/answer-orphan.ts';
import { serveExecutions } from './bus/serve.ts';
import { serveRecent } from './bus/serve-recent.ts';
import { createConductor } from './conductor/client.ts';
import { followCredentials } from './conductor/credentials.ts';
import { createLooker } from './conductor/looker.ts';
import type { Settings } from './config.ts';
import { Claims } from './idempotency/claims.ts';
import { createRecentExecutions } from './executions/recent.ts';
import { createExecutionRecords } from './executions/records.ts';
import { type PushServer, startPushServer } from './http/push.ts';
import { createMetrics } from './metrics.ts';
import { createPermits } from './permits/permits.ts';
import type { Deps } from './pipeline/context.ts';
import { handleExecution } from './pipeline/handle-execution.ts';
import { resumeExecution } from './pipeline/resume-execution.ts';
import { createProof } from './conductor/proof.ts';
import { openRedis } from '@rostrum/redis';
import { RevisionStore } from './revisions/store.ts';
import { traceExecutions, traceResumed } from './tracing.ts';
import { LookTimes } from './waiting/look-times.ts';
import { Waits } from './waiting/waits.ts';

/** Puts the executor together; the only place that makes adapters. Resolves when it takes executions. */
export async function startExecutor(settings: Settings, log: Logger): Promise<RunningService> {
  const [bus, redis, sandbox] = await Promise.all([
    joinBus({
      url: settings.NATS_URL,
      namespace: settings.NAMESPACE,
      service: 'executor',
      onFault: (error, subject) => log.warn({ err: error, subject }, 'a message cannot be handled'),
      onConnectionChange: (connected) => log.warn({ connected }, 'message bus'),
    }),
    openRedis(settings.REDIS_URL, { log }),
    createSandbox({
      size: settings.SCRIPT_PROCESSES,
      memoryLimitMb: settings.SCRIPT_MEMORY_MB,
      maxInputBytes: settings.SCRIPT_MAX_INPUT_BYTES,
      maxOutputBytes: settings.SCRIPT_MAX_OUTPUT_BYTES,
      onEvent: (event) => log.debug(event, 'sandbox'),
    }),
  ]);
  const tracing = await startTracing({ settings, service: 'executor', process: bus.process, log });
  const registry = createRegistry();
  const metrics = createMetrics(registry);
  registerBus(registry, () => bus.stats());
  let draining = false;
  let onFull = (_full: boolean) => {};
  const hooks = {
    onCall: metrics.called,
    onBreaker: (open: boolean) => log.warn({ failing: open }, 'Conductor'),
    onFull: (full: boolean) => onFull(full),
  };
  const conductor = createConductor(settings, hooks, followCredentials(bus));
  const proof = createProof(redis, settings.NAMESPACE);
  const looker = createLooker(conductor, settings.CONDUCTOR_CALL_TIMEOUT_MS, proof);
  /** Answers to callers of executors that died, under way. */
  const orphans = new Set<Promise<void>>();
  const resume = tracing ? traceResumed(resumeExecution, tracing) : resumeExecution;
  // Watches are taken over from the first moment on, before all that answers their callers stands.
  const ready = Promise.withResolvers<Deps>();
  const permits = await createPermits({
    redis,
    namespace: settings.NAMESPACE,
    pools: settings.EXECUTOR_POOLS,
    owner: bus.process,
    leaseMs: settings.PERMIT_LEASE_MS,
    looker,
    permitLookMs: settings.PERMIT_LOOK_MS,
    unresolvedBoundMs: settings.UNRESOLVED_BOUND_MS,
    mostWaiting: settings.PERMIT_WAITS_MAX,
    // Heard by this process as well.
    onWanted: (pool, names) => {
      for (const scope of names) bus.announce(bus.subjects.freed, freedNotice.encode({ pool, scope }));
    },
    onOrphan: (orphan) => {
      metrics.tookOver();
      const answered = ready.promise.then((deps) => answerOrphan(orphan, bus, deps, resume));
      orphans.add(answered);
      void answered.finally(() => orphans.delete(answered));
    },
    log,
  });
  bus.listen(bus.subjects.freed, (payload) => {
    const { pool, scope } = freedNotice.decode(payload);
    permits.freed(pool, scope);
  });
  const recent = createRecentExecutions({
    redis,
    namespace: settings.NAMESPACE,
    perRoute: settings.RECENT_EXECUTIONS,
    keepSeconds: settings.EXECUTION_KEEP_SECONDS,
  });
  const deps: Deps = {
    recent,
    revisions: new RevisionStore(bus),
    permits,
    claims: new Claims(redis, settings.NAMESPACE, settings.IDEMPOTENCY_KEEP_SECONDS),
    sandbox,
    conductor,
    proveCorrelation: looker.prove,
    findCorrelated: looker.find,
    waits: new Waits(new LookTimes()),
    draining: () => draining,
    records: createExecutionRecords(redis, settings.NAMESPACE, settings.EXECUTION_KEEP_SECONDS),
    schemas: new SchemaCache(),
    limits: { scriptTimeoutMs: settings.SCRIPT_TIMEOUT_MS, callTimeoutMs: settings.CONDUCTOR_CALL_TIMEOUT_MS },
    sleep: createSleep(),
    log,
  };
  ready.resolve(deps);
  const serving = serveExecutions(bus, deps, {
    pools: settings.EXECUTOR_POOLS,
    handle: tracing ? traceExecutions(handleExecution, tracing) : handleExecution,
    maxExecutions: settings.MAX_EXECUTIONS,
    onEnd: metrics.ended,
  });
  const listing = serveRecent(bus, settings.EXECUTOR_POOLS, deps);
  metrics.watch({
    executions: () => serving.executions,
    waits: () => deps.waits.size,
    permits: () => permits.stats(),
    sandbox: () => sandbox.stats(),
    conductor: () => conductor.stats(),
  });
  const wake = (workflowId: string) => {
    const [waited, watched] = [deps.waits.wake(workflowId), permits.wake(workflowId)];
    metrics.pushed(waited || watched);
  };
  bus.listen(bus.subjects.ended, (payload) => wake(Buffer.from(payload).toString()));
  const push = await startPushes(settings, (workflowId) => {
    bus.announce(bus.subjects.ended, Buffer.from(workflowId));
  });
  onFull = (full) => serving.full(full);
  const ops = await startOps({
    host: settings.OPS_HOST,
    port: settings.OPS_PORT,
    registry,
    notReady: () => (bus.connected ? undefined : 'the message bus is away'),
  });
  // On a Redis that is new: until then routes with a limit would be refused.
  await permits.settled;
  await bus.nats.flush();
  return {
    addresses: { ops: ops.url, ...(push ? { push: push.url } : {}) },
    async drain() {
      ops.leaving();
      await push?.close();
      await serving.drain(() => {
        draining = true;
        conductor.drain();
        permits.sendBack();
        // Without Redis nobody could take the waits over: they are waited out, until it is back.
        if (permits.ready) deps.waits.handOver();
        else redis.onReady(() => deps.waits.handOver());
      });
      await Promise.all([...orphans, ...listing.map((each) => each.leave())]);
      await recent.flush();
      await permits.close();
      await tracing?.close();
      await Promise.all([sandbox.close(), bus.close()]);
      await Promise.all([conductor.close(), redis.close(), ops.close()]);
    },
  };
}

/** Undefined unless the operator has given a secret for it. */
async function startPushes(settings: Settings, onPush: (workflowId: string) => void): Promise<PushServer | undefined> {
  const { PUSH_SECRET: secret, PUSH_HOST: host, PUSH_PORT: port } = settings;
  return secret === undefined ? undefined : startPushServer({ host, port, secret, onPush });
}

/** Waiting on one timer for the whole process, to 20 ms. */
function createSleep(): (ms: number) => Promise<void> {
  const wheel = new DeadlineWheel();
  return (ms) => new Promise((resolve) => wheel.add({ expire: resolve }, ms));
}
