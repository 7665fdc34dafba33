import type { AddressInfo } from 'node:net';
import { registerBus } from '@rostrum/service/bus-metrics';
import { closeHttp } from '@rostrum/service/http';
import { openRedis } from '@rostrum/redis';
import type { Logger } from '@rostrum/service/logger';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import { SettingsError } from '@rostrum/service/settings';
import { type Bus, joinBus } from '@rostrum/shared/bus';
import type { FastifyInstance } from 'fastify';
import type { AuditEntry } from './audit/entry.ts';
import { createAuditLog } from './audit/log.ts';
import { countStrangers } from './audit/strangers.ts';
import { startAnnouncing } from './bus/announce.ts';
import { createCacheService } from './bus/cache.ts';
import { serveCredentials } from './bus/credentials.ts';
import { serveLookups } from './bus/lookups.ts';
import { createListExecutions } from './bus/recent-executions.ts';
import { createRouteTrials } from './bus/route-trials.ts';
import { serveTraffic } from './bus/traffic.ts';
import { createConductorView } from './conductor/view.ts';
import { createOwnToken } from './conductor/own-token.ts';
import type { Settings } from './config.ts';
import { isKeyId } from './domain/callers.ts';
import { followSigningKeys } from './domain/signing.ts';
import { followVault, type Vault, VaultError, vaultFault } from './domain/vault.ts';
import type { ConductorProxy } from './http/conductor-proxy.ts';
import { createServer, type ServerOptions } from './http/server.ts';
import type { AuditApi } from './http/audit.ts';
import { createTokens } from './http/tokens.ts';
import { registerMetrics } from './metrics.ts';
import { hasRoute } from './domain/routes.ts';
import { TrafficStore } from './redis/traffic-store.ts';
import { startReconciler } from './revisions/reconcile.ts';
import { startSweeper } from './revisions/sweep.ts';
import { createScriptRunner } from './trials/run-script.ts';
import { createSchemas } from '@rostrum/contract';
import { AuditStream } from './storage/audit-stream.ts';
import { NatsConfigStore } from './storage/nats-config-store.ts';
import { NatsRevisionStore } from './storage/nats-revision-store.ts';
import type { NatsStoreOptions } from './storage/nats-store.ts';
import type { ConfigStore } from './storage/store.ts';
import { bootstrap, masterKeysOf } from './write/bootstrap.ts';
import { createLookAhead } from './write/look-ahead.ts';
import { createWritePath, type Write } from './write/write-path.ts';

/** Starts one replica of the config service; returns when all configuration is loaded and it serves. */
export async function startConfig(settings: Settings, log: Logger): Promise<RunningService> {
  const state: { bus?: Bus; vault?: () => Vault; waitsFor: string | undefined } = { waitsFor: 'NATS' };
  const notReady = () => {
    if (state.waitsFor !== undefined) return `waiting for ${state.waitsFor}`;
    if (!state.bus?.connected) return 'NATS is away';
    // Another replica may have rotated to a master key that this one does not have.
    return state.vault && vaultFault(state.vault);
  };
  const registry = createRegistry();
  const ops = await startOps({ host: settings.OPS_HOST, port: settings.OPS_PORT, notReady, registry });

  const bus = await joinBus({
    url: settings.NATS_URL,
    namespace: settings.NAMESPACE,
    service: 'config',
    onFault: (error, subject) => log.error({ err: error, subject }, 'a request on the bus failed'),
    onConnectionChange: (connected) => log[connected ? 'info' : 'warn']({ connected }, 'bus'),
  });
  state.bus = bus;
  registerBus(registry, () => bus.stats());
  state.waitsFor = 'the configuration to be read from JetStream';
  const { config, revisions } = await openStores(bus, settings, log);

  const maxBytes = () => bus.nats.info?.max_payload ?? 1_048_576;
  const { commits, answered, auditLost } = registerMetrics(registry, config, revisions);
  const count = (outcome: string) => commits.inc({ outcome });
  const write = createWritePath({ config, revisions, connected: () => bus.connected, maxBytes, count, log });
  await bootstrap(write, settings, log).catch((error: unknown) => {
    throw error instanceof VaultError ? new SettingsError(error.message) : error;
  });

  const redis = settings.REDIS_URL === undefined ? undefined : await openRedis(settings.REDIS_URL, { log });
  const traffic = redis && new TrafficStore(redis, settings.NAMESPACE);
  const reports = traffic && serveTraffic(bus, traffic, (service, route) => hasRoute(config.state, service, route));

  const pageBytes = Math.floor(maxBytes() / 4);
  const lookups = serveLookups(bus, revisions, pageBytes);
  const vault = followVault(
    () => config.state.keyring.value,
    masterKeysOf(settings),
    (error) => log.error({ err: error }, 'this replica cannot open the configuration’s secrets and is not ready'),
  );
  state.vault = vault;
  const credentials = serveCredentials(bus, config, vault);
  const onFault = (error: unknown) => log.warn({ err: error }, 'revisions are not up to date; trying again');
  const running = [
    startAnnouncing(bus, revisions, pageBytes),
    startReconciler(config, revisions, onFault),
    startSweeper(config, revisions, settings.REVISION_KEEP_MS, onFault),
    config,
    revisions,
  ];

  const source = openAudit(bus, settings);
  const append = (entry: AuditEntry, id: string) => source.append(entry, id);
  const auditLog = createAuditLog({ append, lost: auditLost, log });
  const strangers = countStrangers(auditLog.note);
  const audit: AuditApi = {
    note: auditLog.note,
    noteStranger: strangers.note,
    source,
    isKeyId: (id) => isKeyId(config.state, id),
  };
  const scripts = createScriptRunner({
    timeoutMs: settings.SCRIPT_TIMEOUT_MS,
    memoryLimitMb: settings.SCRIPT_MEMORY_MB,
    maxInputBytes: settings.BODY_LIMIT_BYTES,
  });
  const trials = { scripts, route: createRouteTrials(bus) };
  const executions = { list: createListExecutions(bus), uiUrl: settings.CONDUCTOR_UI_URL };
  const server = createAdminServer(
    settings,
    config,
    vault,
    write,
    { trials, executions, traffic, audit, cache: createCacheService(bus) },
    answered,
    log,
  );
  await server.listen({ host: settings.CONFIG_HOST, port: settings.CONFIG_PORT });
  const { port } = server.server.address() as AddressInfo;
  state.waitsFor = undefined;

  return {
    addresses: { http: `http://${settings.CONFIG_HOST}:${port}`, ops: ops.url },
    async drain() {
      ops.leaving();
      state.waitsFor = 'the process to end';
      await closeHttp(server);
      await scripts.close();
      strangers.stop();
      await auditLog.stop();
      await Promise.all([lookups.leave(), reports?.leave(), credentials.leave()]);
      for (const each of running) each.stop();
      await bus.close();
      await redis?.close();
      await ops.close();
    },
  };
}

async function openStores(bus: Bus, settings: Settings, log: Logger) {
  const options: NatsStoreOptions = {
    nats: bus.nats,
    namespace: settings.NAMESPACE,
    replicas: settings.KV_REPLICAS,
    history: settings.HISTORY_KEEP,
    inbox: `${bus.subjects.inbox('config', bus.process)}.client`,
    onFault: (error) => log.warn({ err: error }, 'the storage failed; trying again'),
    onReconnect: (listener) => bus.onReconnect(listener),
  };
  const config = new NatsConfigStore(options);
  const revisions = new NatsRevisionStore(options);
  await Promise.all([config.load(), revisions.load()]);
  return { config, revisions };
}

function openAudit(bus: Bus, settings: Settings): AuditStream {
  return new AuditStream({
    nats: bus.nats,
    namespace: settings.NAMESPACE,
    replicas: settings.KV_REPLICAS,
    keepMs: settings.AUDIT_KEEP_MS,
    maxBytes: settings.AUDIT_MAX_BYTES,
    connected: () => bus.connected,
  });
}

function createAdminServer(
  settings: Settings,
  config: ConfigStore,
  vault: () => Vault,
  write: Write,
  looks: Pick<ServerOptions, 'trials' | 'executions' | 'traffic' | 'audit' | 'cache'>,
  onAnswered: (method: string, status: number) => void,
  log: Logger,
): FastifyInstance {
  const { DIGEST_KEY: digestKey, MASTER_KEY: masterKey, PUBLIC_URL: publicUrl } = settings;
  const tokenLifetimeSeconds = settings.TOKEN_LIFETIME_SECONDS;
  const tokens = createTokens({
    masterKey,
    digestKey,
    lifetimeSeconds: tokenLifetimeSeconds,
    issuer: settings.NAMESPACE,
    config,
    signingKeys: followSigningKeys(() => config.state.signing.value, vault),
    derivedUntil: () => config.state.signing.value?.derivedUntil ?? 0,
  });
  const { CACHE_MIN_TTL_SECONDS: cacheMinTtlSeconds, MAX_TIMEOUT_MS: maxTimeoutMs } = settings;
  const schemas = createSchemas({ cacheMinTtlSeconds, maxTimeoutMs });
  const conductor = conductorOf(settings);
  const lookAhead = createLookAhead(() => config.state, conductor && createConductorView(conductor));
  const context = { schemas, digestKey, publicUrl, vault, lookAhead, tokenLifetimeSeconds };
  const { BODY_LIMIT_BYTES: bodyLimit, TRUSTED_PROXIES: trustedProxies } = settings;
  const backup = {
    namespace: settings.NAMESPACE,
    masterKeys: masterKeysOf(settings),
    limitBytes: settings.RESTORE_LIMIT_BYTES,
  };
  const proxied = settings.CONDUCTOR_PROXY ? conductor : undefined;
  const limits = { bodyLimit, trustedProxies };
  return createServer({
    config,
    context,
    write,
    tokens,
    ...looks,
    conductor: proxied,
    backup,
    ...limits,
    onAnswered,
    log,
  });
}

/** Undefined where config is told of none: then nothing is asked of it, and nothing passed on. */
function conductorOf({
  CONDUCTOR_SERVER_URL: url,
  CONDUCTOR_AUTH_KEY: keyId,
  CONDUCTOR_AUTH_SECRET: keySecret,
}: Settings): ConductorProxy | undefined {
  if (url === undefined) return undefined;
  const credentials = keyId !== undefined && keySecret !== undefined ? { keyId, keySecret } : undefined;
  return { url, ownToken: createOwnToken({ url, credentials }) };
}
