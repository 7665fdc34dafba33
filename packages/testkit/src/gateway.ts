import {
  applyConfiguration,
  applyExampleRoutes,
  type Conductor,
  loadExampleDefinitions,
  newKeys,
  type ServiceName,
  Stack,
  startExampleWorker,
  withFreePort,
} from '@rostrum/stack';
import { rm } from 'node:fs/promises';
import { adminClient } from './admin.ts';
import { temporaryDirectory } from './directory.ts';
import type { Target } from './target.ts';

export interface GatewayOptions {
  /** How many processes of each service; 1 unless given. */
  ingress?: number;
  config?: number;
  executor?: number;
  cache?: number;
  /** Servers that run already, to be used instead of own ones. */
  conductor?: Conductor | undefined;
  natsUrl?: string | undefined;
  redisUrl?: string | undefined;
  /** More configuration of an own NATS server, in its own format. */
  natsConfig?: string | undefined;
  /** More environment, of all services or of one. */
  env?: Partial<Record<ServiceName | 'all', Record<string, string>>>;
}

/** The real thing, in processes of its own, on free ports; `url` is that of the first ingress. */
export interface Gateway extends Target {
  /** The parts: `stack.services.executor[0].stop('SIGKILL')`, `stack.add('ingress')`, `stack.nats.restart()`, … */
  readonly stack: Stack;
  /** Loads the examples' workflows and routes, and starts their worker unless told not to. */
  applyExamples(options?: { worker?: boolean }): Promise<void>;
  /** Applies files of gateway configuration with the config service's loader. */
  applyConfiguration(...files: string[]): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts nats-server, redis-server, conductor-dev and the four services, with keys and data of their own. They end with
 * {@link Gateway.stop}, and with this process at the latest.
 *
 * @throws {StartError} with the last log lines of the part that did not get ready.
 */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { ingress = 1, config = 1, executor = 1, cache = 1, ...rest } = options;
  const keys = newKeys();
  const directory = await temporaryDirectory('gateway');
  const replicas = { ingress, config, executor, cache };
  const stack = await withFreePort((ingressPort) => Stack.start({ ...rest, directory, keys, replicas, ingressPort }));
  const stop = async () => {
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  };
  const addresses = (service: ServiceName) => stack.services[service].map(({ ready }) => ready.http as string);
  return {
    url: stack.url('ingress'),
    get urls() {
      return { ingress: addresses('ingress'), config: addresses('config') };
    },
    get conductorUrl() {
      return stack.around.conductor.url;
    },
    stack,
    admin: adminClient(() => stack.url('config'), keys),
    apiKey: keys.ROSTRUM_DEMO_API_KEY,
    async applyExamples({ worker = true } = {}) {
      const started = worker ? [startExampleWorker(stack)] : [];
      await Promise.all([loadExampleDefinitions(stack), applyExampleRoutes(stack), ...started]);
    },
    applyConfiguration: (...files) => applyConfiguration(stack, ...files),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
