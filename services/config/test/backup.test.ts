import { createHash, randomBytes } from 'node:crypto';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinClient } from './client.ts';
import { type Answer, read, type Replica, route, startReplica, takeToken } from './replica.ts';

const nats = useNats();
const empty = useNats();
const masterKey = randomBytes(32).toString('base64');
let replica: Replica;
let backup: string;
const space = namespace();

const take = async ({ url, token }: Replica) =>
  (await fetch(`${url}/api/gateway/config/backup`, { headers: { 'x-authorization': await token() } })).text();
const restore = async ({ url, token }: Replica, text: string, query = ''): Promise<Answer> => {
  const headers = { 'x-authorization': await token() };
  return read(await fetch(`${url}/api/gateway/config/restore${query}`, { method: 'POST', headers, body: text }));
};
const start = (more: Record<string, string> = {}) =>
  startReplica(empty.url, namespace(), { MASTER_KEY: masterKey, ...more });
const objects = async (from: Replica) => [
  (await from.send('GET', '/auth')).body,
  (await from.send('GET', '/services')).body,
];

/** Both parts of every service's newest revision, without its number. */
async function compiled(url: string, of: string) {
  const client = await joinClient(url, of);
  const heads = [...(await client.heads()).values()].filter(({ deleted }) => !deleted);
  const parts = await Promise.all(
    heads.map(async ({ service, revision }) => {
      const [edge, execution] = [await client.edge(service, revision), await client.execution(service, revision)];
      return [service, { ...edge, revision: 0 }, { ...execution, revision: 0 }] as const;
    }),
  );
  await client.close();
  return parts.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

beforeAll(async () => {
  replica = await startReplica(nats.url, space, { MASTER_KEY: masterKey });
  await replica.send('POST', '/auth', { id: 'keys', authenticationType: 'API_KEY', apiKeys: ['planted-api-key'] });
  await replica.send('POST', '/services', { id: 'gone', path: '/gone' });
  await replica.send('DELETE', '/services/gone');
  for (let count = 0; count < 20; count++) {
    const routes = Array.from({ length: 5 }, (_, index) => route('GET', `/r${index}`, { description: 'ü'.repeat(50) }));
    await replica.send('POST', '/services', { id: `s${count}`, path: `/s/${count}`, authConfigId: 'keys', routes });
  }
  await replica.send('PUT', '/services/s3/tags', [{ key: 'team', value: 'pay' }]);
  backup = await take(replica);
});
afterAll(() => replica.drain());

describe('a backup', () => {
  it('restored into an empty cluster gives the same answers and the same compiled revisions', async () => {
    const of = namespace();
    const other = await startReplica(empty.url, of, { MASTER_KEY: masterKey });
    expect(await restore(other, backup)).toMatchObject({ status: 200, body: { restored: 21, removed: 0 } });
    expect(await objects(other)).toEqual(await objects(replica));
    await waitFor(async () => (await compiled(empty.url, of)).length === 20);
    expect(await compiled(empty.url, of)).toEqual(await compiled(nats.url, space));
    expect(await restore(other, backup), 'again changes nothing').toMatchObject({ body: { restored: 0, removed: 0 } });
    const content = (text: string) => text.split('\n').slice(1, -2);
    expect(content(await take(other))).toEqual(content(backup));
    await other.drain();
    const again = await startReplica(empty.url, of, { MASTER_KEY: masterKey });
    expect(await objects(again)).toEqual(await objects(replica));
    await again.drain();
  });

  it('holds no secret in plain', () => {
    expect(backup).not.toContain('planted');
    expect(backup).not.toContain(masterKey);
  });

  it('is refused where there is something else, unless that may be replaced', async () => {
    const other = await start();
    await other.send('POST', '/auth', { id: 'mine', authenticationType: 'NONE' });
    await other.send('POST', '/services', { id: 's1', path: '/s/2' });
    const refused = await restore(other, backup);
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/not empty.*auth mine/) } });
    expect((await other.send('GET', '/services')).body).toHaveLength(1);
    expect(await restore(other, backup, '?replace=true')).toMatchObject({ status: 200, body: { removed: 2 } });
    expect(await objects(other)).toEqual(await objects(replica));
    await other.drain();
  });

  it('is restored by one call at a time', async () => {
    const other = await start();
    const answers = await Promise.all(Array.from({ length: 5 }, () => restore(other, backup)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const each of refused) {
      expect(each).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/restore is running/) } });
    }
    expect(await restore(other, backup), 'it is over then').toMatchObject({ status: 200, body: { restored: 0 } });
    await other.drain();
  });

  it('is refused before anything is written when it is damaged, of another key, or too large', async () => {
    const lines = backup.trimEnd().split('\n');
    const damages = {
      'cut off': backup.slice(0, -200),
      'a line missing': [...lines.slice(0, 5), ...lines.slice(6), ''].join('\n'),
      'a letter changed': backup.replace('/s/7', '/s/8'),
      'twice in one': backup + backup,
      'no backup': '{}\n',
      nothing: '',
      rubbish: '\u0000\u0001\n',
    };
    const other = await start();
    for (const [what, text] of Object.entries(damages)) {
      expect([what, (await restore(other, text)).status]).toEqual([what, 400]);
    }
    expect(await objects(other)).toEqual([[], []]);
    await other.drain();
    const refusals = [
      [{ MASTER_KEY: randomBytes(32).toString('base64') }, 400, /MASTER_KEY/],
      [{ DIGEST_KEY: `k9:${randomBytes(32).toString('base64')}` }, 400, /DIGEST_KEY/],
      [{ RESTORE_LIMIT_BYTES: '1024' }, 413, /too large|larger/],
    ] as const;
    for (const [settings, status, detail] of refusals) {
      const strange = await start(settings);
      expect(await restore(strange, backup)).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } });
      expect(await objects(strange)).toEqual([[], []]);
      await strange.drain();
    }
  });

  it('is refused before anything is written when it holds what no replica could serve, though its checksum fits', async () => {
    const stamp = { createdBy: 'x', updatedBy: 'x', createTime: 1, updateTime: 1 };
    const application = { id: 'x', name: 'x', tags: [], roles: [], permissions: [], ...stamp };
    const line = (kind: string, id: string, value: unknown) => JSON.stringify({ kind, id, value });
    const s3 = (backup.split('\n').find((each) => each.includes('"id":"s3"')) ?? '').trim();
    const content = backup.trimEnd().split('\n').slice(0, -1);
    const having = (given: string) => content.map((each) => (each === s3 ? given : each));
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    const forgeries: Record<string, [string[], RegExp]> = {
      'an application without keys': [[...content, line('application', 'x', application)], /application x: accessKeys/],
      'a route without a workflow': [
        having(s3.replace('"mappedWorkflow":', '"mapped":')),
        /s3: routes.0.mappedWorkflow/,
      ],
      'a schema that does not compile': [
        having(s3.replace('"workflowExecutionMode":', '"inputSchema":{"type":"none"},"workflowExecutionMode":')),
        /s3: routes.0.inputSchema: does not compile/,
      ],
      'a script that does not compile': [
        having(s3.replace('"workflowExecutionMode":', '"preRequestScript":"(","workflowExecutionMode":')),
        /s3: routes.0.preRequestScript: does not compile/,
      ],
      'a member __proto__': [having(s3.replace('"mappedWorkflow":', '"__proto__":{},"mappedWorkflow":')), /__proto__/],
      'what nests too deep': [
        having(s3.replace('"mappedWorkflow":', `"more":${deep},"mappedWorkflow":`)),
        /nests deeper/,
      ],
      'another id': [having(s3.replace('"id":"s3"', '"id":"s33"')), /service s33: id/],
      'an object twice': [[...content, s3], /twice/],
      'two services of one path': [having(s3.replace('"/s/3"', '"/s/4"')), /belongs to the service/],
    };
    const other = await start();
    for (const [what, [lines, detail]] of Object.entries(forgeries)) {
      const text = `${lines.join('\n')}\n`;
      const sha256 = createHash('sha256').update(text).digest('hex');
      const answer = await restore(other, `${text}${JSON.stringify({ lines: lines.length, sha256 })}\n`);
      expect([what, answer.status, answer.body.detail]).toEqual([what, 400, expect.stringMatching(detail)]);
    }
    expect(await objects(other)).toEqual([[], []]);
    await other.drain();
  });

  it('replaces also the application by whose key it is restored', async () => {
    const other = await start();
    const made = await other.send('POST', '/../../applications', { name: 'young' });
    await other.send('POST', `/../../applications/${made.body.id}/roles/ADMIN`);
    const key = await other.send('POST', `/../../applications/${made.body.id}/accessKeys`);
    const token = await takeToken(other.url, { keyId: key.body.id, keySecret: key.body.secret });
    const answer = await restore({ ...other, token: async () => token }, backup, '?replace=true');
    expect(answer).toMatchObject({ status: 200, body: { restored: 21, removed: 1 } });
    expect(await objects(other)).toEqual(await objects(replica));
    await other.drain();
  });

  it('shows one moment, whatever is written meanwhile', async () => {
    const other = await start();
    await restore(other, backup);
    const writes = (async () => {
      for (let round = 0; round < 20; round++) {
        await other.send('PUT', '/services/s0', { name: `${round}` });
        await other.send('PUT', '/services/s1', { name: `${round}` });
      }
    })();
    for (let over = false; !over; ) {
      over = await Promise.race([writes.then(() => true), take(other).then(check)]);
    }
    function check(text: string) {
      const names = text
        .split('\n')
        .slice(2, -2)
        .map((line) => JSON.parse(line) as { id: string; value: { name?: string } })
        .filter(({ id }) => id === 's0' || id === 's1')
        .map(({ value }) => Number(value.name ?? -1));
      expect([0, 1], 'the second follows the first').toContain((names[0] ?? 0) - (names[1] ?? 0));
      return false;
    }
    await other.drain();
  });
});
