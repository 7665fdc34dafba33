import { natsRights, natsUsers, redisRights, redisUsers } from '@rostrum/stack';

const namespace = '<ns>';

/** The part of docs/security.md that says what each service may do in NATS and Redis: the table that is in force. */
export function rightsTables(): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
  const nats = natsUsers.map((user) => {
    const { publish, subscribe } = natsRights(namespace)[user];
    const listens = subscribe.map((subject) => {
      const [name, queue] = subject.split(' ');
      return queue ? `\`${name}\` in the group \`${queue}\` only` : `\`${name}\``;
    });
    return `| ${user} | ${code(publish)} | ${listens.join(', ')} |`;
  });
  const redis = redisUsers.map((user) => {
    const { keys, commands } = redisRights(namespace)[user];
    return `| ${user} | ${code(keys)} | ${code(commands)} |`;
  });
  return [
    ...['| NATS user | may publish to | may subscribe to |', '| --- | --- | --- |', ...nats, ''],
    ...['| Redis user | keys | commands |', '| --- | --- | --- |', ...redis],
  ].join('\n');
}
