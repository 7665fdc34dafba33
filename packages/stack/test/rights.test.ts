import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, type Status } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asUser,
  natsAuthorization,
  natsLiveness,
  newPasswords,
  type NatsUser,
  natsUsers,
  redisAcl,
  type RedisUser,
  type Server,
  startNats,
  startRedis,
} from '../src/index.ts';

/** What a service that was taken over cannot do. That each can do its work is shown by the tests of the whole. */
const directory = mkdtempSync(join(tmpdir(), 'rostrum-rights-'));
const passwords = newPasswords();
let nats: Server;
let redis: Server;
beforeAll(async () => {
  [nats, redis] = await Promise.all([
    startNats({ dir: join(directory, 'nats'), config: `${natsLiveness}${natsAuthorization('ns', passwords.nats)}` }),
    startRedis({ dir: join(directory, 'redis'), acl: redisAcl('ns', passwords.redis) }),
  ]);
});
afterAll(async () => {
  await Promise.all([nats?.stop('SIGKILL'), redis?.stop('SIGKILL')]);
  rmSync(directory, { recursive: true, force: true });
});

async function asNatsUser<T>(user: NatsUser, use: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: `127.0.0.1:${nats.port}`, user, pass: passwords.nats[user] });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** Whether the server refuses it, by its own word. */
function refused(user: NatsUser, act: (connection: NatsConnection) => void): Promise<boolean> {
  return asNatsUser(user, async (connection) => {
    const seen: Status[] = [];
    void (async () => {
      for await (const status of connection.status()) seen.push(status);
    })();
    act(connection);
    // The server answers in order: its refusal has come when this has.
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
    return seen.some(({ type }) => type === 'error');
  });
}

const publishes = (user: NatsUser, subject: string) => refused(user, (nc) => nc.publish(subject));
const subscribes = (user: NatsUser, subject: string, queue?: string) =>
  refused(user, (nc) => void nc.subscribe(subject, { ...(queue ? { queue } : {}), callback: () => {} }));

describe('NATS lets nobody in without a password, and each service', () => {
  it('in with its own password only', async () => {
    const wrong = { servers: `127.0.0.1:${nats.port}`, user: 'ingress', pass: passwords.nats.config, reconnect: false };
    await expect(connect(wrong)).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: wrong.servers, reconnect: false })).rejects.toThrow(/authorization/i);
  });

  it.each(natsUsers.filter((user) => user !== 'config'))('%s: not to JetStream, nor speak as config', async (user) => {
    for (const subject of ['$JS.API.INFO', '$JS.API.STREAM.MSG.GET.KV_ns-config', '$KV.ns-config.x', 'ns.changed']) {
      expect([subject, await publishes(user, subject)]).toEqual([subject, true]);
    }
    expect(await subscribes(user, 'ns.config.execution', 'config')).toBe(true);
  });

  it.each(natsUsers)('%s: not listen to what others are sent', async (user) => {
    for (const other of natsUsers.filter((each) => each !== user)) {
      expect([other, await subscribes(user, `ns.inbox.${other}.>`)]).toEqual([other, true]);
    }
    for (const subject of ['>', 'ns.>', '$JS.>', 'ns.execute.default', 'ns.cache']) {
      expect([subject, await subscribes(user, subject)]).toEqual([subject, true]);
    }
  });

  it('ingress: not read the execution part of a revision, nor take executions', async () => {
    expect(await publishes('ingress', 'ns.config.execution')).toBe(true);
    expect(await subscribes('ingress', 'ns.execute.default', 'execute')).toBe(true);
    expect(await publishes('ingress', 'ns.execute.default')).toBe(false);
  });

  it('executor: not listen beside the queue group; what it has not begun it may pass on', async () => {
    expect(await subscribes('executor', 'ns.execute.default', 'execute')).toBe(false);
    expect(await subscribes('executor', 'ns.execute.default', 'other')).toBe(true);
    expect(await publishes('executor', 'ns.execute.default')).toBe(false);
  });

  it.each(natsUsers.filter((user) => user !== 'config'))(
    '%s: not have routes tried, nor ask for executions',
    async (user) => {
      expect(await publishes(user, 'ns.trials')).toBe(true);
      expect(await publishes(user, 'ns.recent.default')).toBe(true);
    },
  );

  it('config: have routes tried, and not run or look at what is not its own', async () => {
    expect(await publishes('config', 'ns.trials')).toBe(false);
    expect(await subscribes('config', 'ns.trials', 'ingress')).toBe(true);
    for (const subject of ['ns.execute.default', 'ns.executions.default', 'ns.cache', 'ns.fill'])
      expect([subject, await publishes('config', subject)]).toEqual([subject, true]);
  });

  it.each(natsUsers.filter((user) => user !== 'executor'))(
    '%s: not ask for what applications show Conductor, nor read the answer',
    async (user) => {
      expect(await publishes(user, 'ns.config.credentials')).toBe(true);
      expect(await subscribes(user, 'ns.config.credentials')).toBe(true);
      expect(await subscribes(user, 'ns.inbox.executor.>')).toBe(true);
      expect(await publishes('executor', 'ns.config.credentials')).toBe(false);
    },
  );

  it.each(natsUsers.filter((user) => user !== 'executor'))('%s: not say that permits are free', async (user) => {
    expect(await publishes(user, 'ns.freed')).toBe(true);
    expect(await subscribes(user, 'ns.freed')).toBe(true);
  });

  it('on, only while it answers: who has gone silent gets no more work after some seconds', async () => {
    const socket = connectSocket(nats.port, '127.0.0.1');
    const lines: string[] = [];
    socket.setEncoding('utf8').on('data', (text: string) => void lines.push(text));
    socket.write(`CONNECT ${JSON.stringify({ user: 'executor', pass: passwords.nats.executor, verbose: false })}\r\n`);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(lines.join('')).toMatch(/^INFO[^]*PING[^]*-ERR 'Stale Connection'/);
  });

  it('config: no buckets but its own', async () => {
    expect(await publishes('config', '$JS.API.STREAM.CREATE.KV_ns-config')).toBe(false);
    expect(await publishes('config', '$JS.API.STREAM.CREATE.other')).toBe(true);
    expect(await publishes('config', '$KV.other.x')).toBe(true);
  });
});

it('every address of a list has the user and the password in it', () => {
  const given = 'nats://a:4222,nats://old:secret@b:4222,tls://c';
  expect(asUser(given, 'u', 'p')).toBe('nats://u:p@a:4222,nats://u:p@b:4222,tls://u:p@c');
});

describe('Redis', () => {
  async function asRedisUser(user: RedisUser, ...command: [string, ...string[]]): Promise<string> {
    const client = new Redis(asUser(redis.url, user, passwords.redis[user]), { disableClientInfo: true });
    try {
      return String(await client.call(...command));
    } catch (error) {
      return (error as Error).message;
    } finally {
      client.disconnect();
    }
  }

  it('answers PING to a health check, and nothing else; nothing at all to who has no password', async () => {
    const options = { disableClientInfo: true, enableReadyCheck: false };
    const health = new Redis(asUser(redis.url, 'health', 'any'), options);
    expect(await health.ping()).toBe('PONG');
    await expect(health.get('ns:c:x')).rejects.toThrow(/NOPERM/);
    await expect(health.info()).rejects.toThrow(/NOPERM/);
    health.disconnect();

    for (const url of [redis.url, asUser(redis.url, 'default', 'any'), asUser(redis.url, 'default', '')]) {
      const nobody = new Redis(url, options);
      nobody.on('error', () => {});
      await expect(nobody.ping()).rejects.toThrow(/NOAUTH|WRONGPASS/);
      nobody.disconnect();
    }
  });

  it('still has what scripts wrote when it is started again', async () => {
    const write = "redis.call('SET', KEYS[1], 1) redis.call('SET', KEYS[2], 2) return 'written'";
    expect(await asRedisUser('executor', 'EVAL', write, '2', 'ns:{p}:a', 'ns:{p}:b')).toBe('written');
    await redis.restart();
    expect(await asRedisUser('executor', 'GET', 'ns:{p}:a')).toBe('1');
    expect(await asRedisUser('executor', 'GET', 'ns:{p}:b')).toBe('2');
  });

  it('lets nobody read another’s keys, list or administer', async () => {
    expect(await asRedisUser('cache', 'GET', 'ns:c:x')).toBe('null');
    expect(await asRedisUser('executor', 'GET', 'ns:execution:x')).toBe('null');
    expect(await asRedisUser('ingress', 'HGETALL', 'ns:rate:x')).toBe('');
    const refusal = /NOPERM|can't access/;
    for (const [user, ...command] of [
      ['cache', 'GET', 'ns:execution:x'],
      ['cache', 'GET', 'ns:{default}:marker'],
      ['executor', 'GET', 'ns:c:x'],
      ['executor', 'GET', 'other:{default}:marker'],
      ['ingress', 'GET', 'ns:c:x'],
      ['ingress', 'HGET', 'ns:c:x', 'holder'],
      ['ingress', 'HGETALL', 'ns:{default}:watch:x'],
      ['ingress', 'HGETALL', 'ns:idempotency:x'],
      ['ingress', 'EVAL', "return redis.call('HGETALL', 'ns:traffic:x')", '0'],
      ['cache', 'HGETALL', 'ns:rate:x'],
      ['cache', 'KEYS', '*'],
      ['executor', 'CONFIG', 'GET', 'dir'],
      ['executor', 'FLUSHALL'],
      ['cache', 'EVAL', "return redis.call('GET', 'ns:execution:x')", '0'],
    ] as [RedisUser, string, ...string[]][]) {
      const answer = await asRedisUser(user, ...command);
      expect([user, ...command, answer]).toEqual([user, ...command, expect.stringMatching(refusal)]);
    }
  });
});
