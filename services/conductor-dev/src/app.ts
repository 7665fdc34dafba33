import type { AddressInfo } from 'node:net';
import type { Logger } from '@rostrum/service/logger';
import { createRegistry, startOps } from '@rostrum/service/ops';
import type { RunningService } from '@rostrum/service/process';
import type { Settings } from './config.ts';
import { DefinitionStore } from './definitions/store.ts';
import { Engine } from './engine/engine.ts';
import { createHttpServer } from './http/server.ts';
import { workflowView } from './http/views.ts';
import { SandboxScripts } from './sandbox-scripts.ts';

/** Starts a Conductor for development. Rejects when a port is taken. */
export async function startApp(settings: Settings, log: Logger): Promise<RunningService> {
  const scripts = new SandboxScripts();
  const definitions = new DefinitionStore((script) => scripts.check(script));
  const engine = new Engine({
    scripts,
    definitions,
    describe: (workflow) => workflowView(workflow, true),
    keepEnded: settings.CONDUCTOR_DEV_KEEP_ENDED,
    onError: (error, workflowId) => log.error({ err: error, workflowId }, 'workflow cannot be evaluated'),
  });
  const stopping = new AbortController();
  const http = createHttpServer({
    engine,
    definitions,
    stopping: stopping.signal,
    onError: (error, request) => log.error({ err: error, url: request.url }, 'request failed'),
  });
  await http.listen({ host: settings.CONDUCTOR_DEV_HOST, port: settings.CONDUCTOR_DEV_PORT });
  const { port } = http.server.address() as AddressInfo;
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
      await http.close();
      engine.close();
      await scripts.close();
      await ops.close();
    },
  };
}
