import { createHash, randomBytes } from 'node:crypto';
import { natsRights, type NatsUser, natsUsers, operator, redisRights, type RedisUser, redisUsers } from './table.ts';

/** A password for each user of both servers. */
export interface Passwords {
  nats: Record<NatsUser | typeof operator, string>;
  redis: Record<RedisUser | typeof operator, string>;
}

export function newPasswords(): Passwords {
  const of = (users: readonly string[]) =>
    Object.fromEntries([...users, operator].map((user) => [user, randomBytes(24).toString('base64url')]));
  return { nats: of(natsUsers), redis: of(redisUsers) } as Passwords;
}

/**
 * The part of a nats-server's configuration that says how soon it gives up a client that says nothing: after 9 s, as its
 * clients do. By default it deals requests out to an executor that the network has lost for up to six minutes.
 */
export const natsLiveness = 'ping_interval: "3s"\nping_max: 2\n';

/** The `authorization` part of a nats-server's configuration. */
export function natsAuthorization(namespace: string, passwords: Passwords['nats']): string {
  const users = Object.entries(natsRights(namespace)).map(([user, rights]) => {
    const permissions = `permissions: ${JSON.stringify(rights)}`;
    return `    { user: ${user}, password: "${passwords[user as NatsUser]}", ${permissions} }`;
  });
  const all = [`    { user: ${operator}, password: "${passwords[operator]}" }`, ...users];
  return `authorization {\n  users: [\n${all.join('\n')}\n  ]\n}\n`;
}

/**
 * A redis-server's ACL file. Passwords stand there as SHA-256 digests. Nobody is let in without one, but for `health`,
 * who may `PING` and nothing else.
 *
 * `default` is off, yet may do everything: Redis 7, when it loads its append-only file, runs transactions, which is what
 * scripts' writes are kept as, with that user's rights, and drops those that they do not cover.
 */
export function redisAcl(namespace: string, passwords: Passwords['redis']): string {
  const digest = (user: RedisUser | typeof operator) =>
    `#${createHash('sha256').update(passwords[user]).digest('hex')}`;
  const services = Object.entries(redisRights(namespace)).map(([user, { keys, commands }]) => {
    const rules = [...keys.map((key) => `~${key}`), '-@all', ...commands.map((command) => `+${command}`)];
    return `user ${user} on ${digest(user as RedisUser)} resetchannels ${rules.join(' ')}`;
  });
  const lines = [
    'user default off resetpass ~* &* +@all',
    'user health on nopass resetkeys resetchannels -@all +ping',
    `user ${operator} on ${digest(operator)} ~* &* +@all`,
    ...services,
  ];
  return `${lines.join('\n')}\n`;
}

/** The address, or each of a comma-separated list, with this user and password in the place of those it may have. */
export function asUser(url: string, user: string, password: string): string {
  return url.replace(/:\/\/(?:[^@/,]*@)?/g, () => `://${user}:${password}@`);
}
