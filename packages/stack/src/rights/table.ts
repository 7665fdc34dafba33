import { queues, subjects } from '@rostrum/shared/subjects';

/**
 * Who may do what in NATS and Redis: the one table that `npm start`, the containers, the tests and docs/security.md share.
 * What is not named here is refused by the servers.
 */

/** The services that have a NATS user of their own. */
export const natsUsers = ['ingress', 'config', 'executor', 'cache'] as const;
export type NatsUser = (typeof natsUsers)[number];

/** The services that have a Redis user of their own. */
export const redisUsers = ['executor', 'cache', 'config', 'ingress'] as const;
export type RedisUser = (typeof redisUsers)[number];

/** The user that may do everything, for operators; on both servers. */
export const operator = 'operator';

/** Subjects; one to subscribe to may name the only queue group allowed, after a blank. */
export interface NatsRights {
  publish: string[];
  subscribe: string[];
}

export function natsRights(namespace: string): Record<NatsUser, NatsRights> {
  const names = subjects(namespace);
  const inboxes = (service: NatsUser) => names.inbox(service, '>');
  const { snapshot, edge, execution, credentials } = names.config;
  const answers = [inboxes('ingress'), inboxes('config')];
  return {
    // It asks; nobody but config asks it, with requests that administrators try.
    ingress: {
      publish: [
        ...[names.cache, names.fill, names.execute('*'), names.executions('*'), names.abandoned],
        ...[snapshot, edge, names.traffic, inboxes('config')],
      ],
      subscribe: [names.filled, names.changed, `${names.trials} ${queues.ingress}`, inboxes('ingress')],
    },
    // Alone with JetStream, and there with its own buckets.
    config: {
      publish: [
        names.changed,
        names.trials,
        ...[names.purge, names.cacheStats],
        names.recent('*'),
        inboxes('ingress'),
        inboxes('executor'),
        ...['config', 'routes', 'revisions'].flatMap((bucket) => bucketRights(`${namespace}-${bucket}`)),
        // The audit log: written, read, and its limits changed; nothing that is in it can be taken out.
        `${namespace}.audit`,
        ...['CREATE', 'UPDATE', 'INFO', 'MSG.GET'].map((call) => `$JS.API.STREAM.${call}.${namespace}-audit`),
        '$JS.API.INFO',
      ],
      subscribe: [
        ...[...Object.values(names.config), names.traffic].map((name) => `${name} ${queues.config}`),
        inboxes('config'),
      ],
    },
    // Answers go to ingresses; to each other executors pass on what they have not begun when they stop.
    executor: {
      publish: [...[execution, credentials, names.fill, names.execute('*')], ...[names.ended, names.freed, ...answers]],
      subscribe: [
        `${names.execute('*')} ${queues.execute}`,
        `${names.executions('*')} ${queues.execute}`,
        `${names.recent('*')} ${queues.execute}`,
        names.ended,
        names.abandoned,
        names.freed,
        inboxes('executor'),
      ],
    },
    cache: {
      publish: [...[names.filled, names.purged], ...[inboxes('ingress'), inboxes('executor'), inboxes('config')]],
      subscribe: [
        ...[names.cache, names.fill, names.purge, names.cacheStats].map((name) => `${name} ${queues.cache}`),
        ...[names.purged, inboxes('cache')],
      ],
    },
  };
}

/** What the client of a JetStream KV bucket publishes: entries, and calls of JetStream's API for its stream. */
function bucketRights(bucket: string): string[] {
  const stream = `KV_${bucket}`;
  const calls = ['CREATE', 'UPDATE', 'INFO', 'PURGE', 'MSG.GET', 'MSG.DELETE'];
  return [
    `$KV.${bucket}.>`,
    ...calls.map((call) => `$JS.API.STREAM.${call}.${stream}`),
    ...['CREATE', 'INFO', 'DELETE'].map((call) => `$JS.API.CONSUMER.${call}.${stream}.>`),
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.FC.${stream}.>`,
  ];
}

/** Key patterns and commands, those of the Lua scripts included. */
export interface RedisRights {
  keys: string[];
  commands: string[];
}

/** What the client itself sends: greeting, liveness, time, scripts. */
const clientCommands = ['hello', 'auth', 'info', 'ping', 'quit', 'time', 'eval', 'evalsha'];

/** And on a cluster: where its slots are. */
const clusterCommands = ['cluster|slots', 'cluster|info', 'asking', 'readonly'];

export function redisRights(namespace: string): Record<RedisUser, RedisRights> {
  return {
    executor: {
      keys: [
        `${namespace}:{*`,
        `${namespace}:execution:*`,
        `${namespace}:idempotency:*`,
        `${namespace}:correlated`,
        `${namespace}:recent*`,
      ],
      commands: [
        ...clientCommands,
        ...['get', 'set', 'del', 'exists', 'hget', 'hmget', 'hset', 'pexpire'],
        ...['zadd', 'zcard', 'zcount', 'zrange', 'zrangebyscore', 'zrank', 'zrem', 'zscore'],
        ...['zremrangebyrank', 'zrevrangebyscore'],
      ],
    },
    cache: {
      keys: [`${namespace}:c:*`],
      commands: [
        ...[...clientCommands, ...clusterCommands],
        ...['get', 'mget', 'getrange', 'strlen', 'set', 'del', 'unlink', 'hget', 'hset', 'hexists', 'pexpire', 'pttl'],
        ...['zadd', 'zrem', 'zrangebylex', 'zrangebyscore'],
      ],
    },
    // How many requests rate limits have admitted.
    ingress: {
      keys: [`${namespace}:rate:*`],
      commands: [
        ...clientCommands,
        ...['hget', 'hgetall', 'hincrby', 'hdel', 'pexpire'],
        ...['zadd', 'zcard', 'zrem', 'zremrangebyscore'],
      ],
    },
    // How the routes have answered.
    config: { keys: [`${namespace}:traffic:*`], commands: [...clientCommands, 'set', 'hincrby', 'hgetall', 'expire'] },
  };
}
