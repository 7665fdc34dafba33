import type { Keys } from './keys.ts';
import { asUser, type Passwords } from './rights/render.ts';
import type { NatsUser, RedisUser } from './rights/table.ts';
import type { ServiceName } from './service.ts';

/** A Conductor server and what it takes to talk to it. */
export interface Conductor {
  /** Up to and with `/api`. */
  url: string;
  keyId?: string | undefined;
  keySecret?: string | undefined;
}

/** Where the parts of one installation find each other. */
export interface Surroundings {
  keys: Keys;
  /** The servers' addresses, with the user who may do everything where they are ours. */
  natsUrl: string;
  redisUrl: string;
  /** Passwords of the services' own users, on the servers that are ours. */
  passwords: Partial<Passwords>;
  conductor: Conductor;
  ingressUrl: string;
}

/** The settings that a service needs to run on this machine; `port` is that of its API, where it has one. */
export function serviceEnvironment(service: ServiceName, around: Surroundings, port: number): Record<string, string> {
  const { keys } = around;
  const common = { OPS_PORT: '0', DRAIN_TIMEOUT_MS: '5000' };
  const host = '127.0.0.1';
  switch (service) {
    case 'ingress':
      return {
        ...common,
        ...natsUrl(service, around),
        ...redisUrl(service, around),
        INGRESS_HOST: host,
        INGRESS_PORT: `${port}`,
        DIGEST_KEY: keys.DIGEST_KEY,
      };
    case 'config': {
      const { ROSTRUM_DEMO_API_KEY: _, ...secrets } = keys;
      return {
        ...common,
        ...secrets,
        ...natsUrl(service, around),
        ...redisUrl(service, around),
        CONFIG_HOST: host,
        CONFIG_PORT: `${port}`,
        PUBLIC_URL: around.ingressUrl,
        ...conductorEnvironment(around.conductor),
      };
    }
    case 'executor':
      return {
        ...common,
        ...natsUrl(service, around),
        ...redisUrl(service, around),
        ...conductorEnvironment(around.conductor),
      };
    case 'cache':
      return { ...common, ...natsUrl(service, around), ...redisUrl(service, around) };
    case 'conductor-dev':
      return { ...common, CONDUCTOR_DEV_HOST: host, CONDUCTOR_DEV_PORT: `${port}` };
  }
}

function natsUrl(user: NatsUser, { natsUrl: url, passwords }: Surroundings) {
  return { NATS_URL: passwords.nats ? asUser(url, user, passwords.nats[user]) : url };
}

function redisUrl(user: RedisUser, { redisUrl: url, passwords }: Surroundings) {
  return { REDIS_URL: passwords.redis ? asUser(url, user, passwords.redis[user]) : url };
}

/** As the executor, config, workers and loaders read it. */
export function conductorEnvironment({ url, keyId, keySecret }: Conductor): Record<string, string> {
  return {
    CONDUCTOR_SERVER_URL: url,
    ...(keyId && keySecret ? { CONDUCTOR_AUTH_KEY: keyId, CONDUCTOR_AUTH_SECRET: keySecret } : {}),
  };
}
