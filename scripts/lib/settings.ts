import { type Conductor, freePort, isPortFree } from '@rostrum/stack';
import { requireReachable } from './reachable.ts';

/** What can be set, in the environment, about how `npm start` runs. */
export interface StartSettings {
  ingressPort: number;
  configPort: number;
  conductorPort: number;
  natsUrl: string | undefined;
  redisUrl: string | undefined;
  /** Undefined: the embedded one. */
  conductor: Conductor | undefined;
}

/**
 * Reads INGRESS_PORT (7080), CONFIG_PORT (7081), CONDUCTOR_DEV_PORT (7090), where 0 takes a free port, and NATS_URL,
 * REDIS_URL, CONDUCTOR_SERVER_URL with CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET, to use servers that run already.
 *
 * @throws {Error} when a port is no number, or taken, or when a server does not answer.
 */
export async function readSettings(env: NodeJS.ProcessEnv = process.env): Promise<StartSettings> {
  const url = env.CONDUCTOR_SERVER_URL?.replace(/\/+$/, '');
  const api = url === undefined || url.endsWith('/api') ? url : `${url}/api`;
  const conductor = api ? { url: api, keyId: env.CONDUCTOR_AUTH_KEY, keySecret: env.CONDUCTOR_AUTH_SECRET } : undefined;
  if (env.NATS_URL) await requireReachable('NATS_URL', env.NATS_URL, 4222);
  if (env.REDIS_URL) await requireReachable('REDIS_URL', env.REDIS_URL, 6379);
  if (api) await requireReachable('CONDUCTOR_SERVER_URL', api, api.startsWith('https:') ? 443 : 80);
  return {
    ingressPort: await portOf('INGRESS_PORT', 7080, 'ingress', env),
    configPort: await portOf('CONFIG_PORT', 7081, 'config service', env),
    conductorPort: conductor ? 0 : await portOf('CONDUCTOR_DEV_PORT', 7090, 'embedded Conductor', env),
    natsUrl: env.NATS_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    conductor,
  };
}

async function portOf(name: string, usual: number, service: string, env: NodeJS.ProcessEnv): Promise<number> {
  const port = Number(env[name] || usual);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`${name} is ${env[name]}: set it to a port, 0 to 65535.`);
  }
  if (port === 0) return freePort();
  if (await isPortFree(port)) return port;
  throw new Error(`Port ${port} of the ${service} is taken: stop what uses it, or set ${name} to another port.`);
}
