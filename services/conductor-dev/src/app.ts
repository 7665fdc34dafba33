import type { AddressInfo } from 'node:net';
import { closeHttp } from '@rostrum/service/http';
import type { Logger } from '@rostrum/service/logger';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import type { Settings } from './config.ts';
import { DefinitionStore } from './definitions/store.ts';
import { Engine } from './engine/engine.ts';
import { createHttpServer } from './http/server.ts';
import { UndiciCaller } from './http-caller/caller.ts';
import { JqWorker } from './jq/jq-worker.ts';
import { StatusPublisher } from './push/status-publisher.ts';
import { workflowView } from './http/views.ts';
import { SandboxScripts } from './sandbox-scripts.ts';

/** Starts a Conductor for development. Rejects when a port is taken. */
export async function startApp(settings: Settings, log: Logger): Promise<RunningService> {
  const scripts = new SandboxScripts();
  const jq = new JqWorker();
  const http = new UndiciCaller();
  const publisher = createPublisher(settings, log);
  const definitions = new DefinitionStore((script) => scripts.check(script));
  const engine = new Engine({
    scripts,
    jq,
    http,
    definitions,
    describe: (workflow) => workflowView(workflow, true),
    limits: { keepEnded: settings.CONDUCTOR_DEV_KEEP_ENDED, maxRunning: settings.CONDUCTOR_DEV_MAX_RUNNING },
    onEvent: (workflow, event) => publisher?.publish(workflow, event),
    onError: (error, workflowId) => log.error({ err: error, workflowId }, 'workflow cannot be evaluated'),
  });
  const stopping = new AbortController();
  const server = createHttpServer({
    engine,
    definitions,
    stopping: stopping.signal,
    onError: (error, request) => log.error({ err: error, url: request.url }, 'request failed'),
  });
  await server.listen({ host: settings.CONDUCTOR_DEV_HOST, port: settings.CONDUCTOR_DEV_PORT });
  const { port } = server.server.address() as AddressInfo;
  const notReady = () => (stopping.signal.aborted ? 'stopping' : undefined);
  const ops = await startOps({
    host: settings.OPS_HOST,
    port: settings.OPS_PORT,
    notReady,
    registry: createRegistry(),
  });
  return {
    addresses: { http: `http://${settings.CONDUCTOR_DEV_HOST}:${port}`, ops: ops.url },
    async drain() {
      ops.leaving();
      stopping.abort();
      engine.queues.close();
      await closeHttp(server);
      engine.close();
      await Promise.all([scripts.close(), jq.close(), http.close(), publisher?.close()]);
      await ops.close();
    },
  };
}

function createPublisher(settings: Settings, log: Logger): StatusPublisher | undefined {
  const { CONDUCTOR_DEV_PUSH_URL: url, CONDUCTOR_DEV_PUSH_STATUSES: statuses } = settings;
  if (url === undefined) return undefined;
  return new StatusPublisher({
    url,
    statuses: new Set(statuses),
    onLost: (reason, workflowId) => log.warn({ err: reason, workflowId }, 'status push lost'),
  });
}
