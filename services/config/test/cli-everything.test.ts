import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Replica, startReplica } from './replica.ts';
import { useCommandLine } from './command-line.ts';

// Each call is a process of its own.
vi.setConfig({ testTimeout: 90_000 });

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
});
afterAll(() => replica.drain());
const { write, rostrum } = useCommandLine(() => replica);

it('applications: create, same, change, export', async () => {
  const content = (more: string) => `
applications:
  - {id: shop, roles: [USER], workflows: [order, 'pay-*'], tags: ['team:a'], conductor: {keyId: k, keySecret: {env: CS}}${more}}
permissions:
  - {application: shop, permissions: [{id: x, access: [READ, EXECUTE]}]}
authConfigs:
  - {id: a, authenticationType: NONE, applicationId: shop}
`;
  const file = await write('a.yaml', content(''));
  const env = { CS: 'conductor-secret' };
  expect(await rostrum(['apply', file], env)).toMatchObject({
    code: 0,
    err: '',
    out: 'created application shop\ncreated auth config a\n',
  });
  expect(await rostrum(['apply', file], env)).toMatchObject({
    code: 0,
    err: '',
    out: 'unchanged application shop\nunchanged auth config a\n',
  });
  expect(await rostrum(['apply', file], { CS: 'other' })).toMatchObject({
    code: 0,
    out: 'changed application shop\nunchanged auth config a\n',
  });
  await write('a.yaml', content('').replace('[USER]', '[ADMIN]').replace(", 'pay-*'", '').replace('team:a', 'team:b'));
  expect(await rostrum(['apply', file], { CS: 'other' })).toMatchObject({
    code: 0,
    err: '',
    out: 'changed application shop\nunchanged auth config a\n',
  });
  const authorization = await (
    await fetch(`${replica.url}/api/auth/authorization/WORKFLOW_DEF/${encodeURIComponent('pay-*')}`, {
      headers: { 'x-authorization': await replica.token() },
    })
  ).text();
  expect(authorization).not.toContain('shop');
  const out = await rostrum(['export']);
  expect(out.out).toContain('permissions:');
  const copy = await write('copy.yaml', out.out);
  expect(await rostrum(['apply', copy, '--prune'])).toMatchObject({
    code: 0,
    err: '',
    out: 'unchanged application shop\nunchanged auth config a\n',
  });
  const empty = await write('empty.yaml', 'applications: []\nauthConfigs: []\n');
  expect(await rostrum(['apply', empty, '--prune', '--yes'])).toMatchObject({
    code: 0,
    err: '',
    out: 'deleted auth config a\ndeleted application shop\n',
  });
});
it('an export is not applied where neither this command nor the server has a secret, and nothing is changed', async () => {
  const file = await write(
    's.yaml',
    `
applications: [{id: lost, conductor: {keyId: k, keySecret: {env: CS}}}]
authConfigs: [{id: lost, authenticationType: API_KEY, applicationId: lost, apiKeys: [{env: KEY}]}]
services: [{id: lost, path: /lost, description: 'see \${ROSTRUM_KEY_SECRET}', authConfigId: lost}]
`,
  );
  expect(await rostrum(['apply', file], { CS: 'c', KEY: 'k' })).toMatchObject({ code: 0, err: '' });
  const copy = await write('lost.yaml', (await rostrum(['export'])).out);
  const kept = await rostrum(['apply', copy]);
  expect(kept).toMatchObject({ code: 0, err: '', out: expect.not.stringMatching(/^(?:created|changed)/m) });
  expect(kept.out + (await rostrum(['plan', copy])).out).not.toContain('test-secret');

  const none = await write('none.yaml', 'applications: []\nauthConfigs: []\nservices: []\n');
  expect(await rostrum(['apply', none, '--prune', '--yes'])).toMatchObject({ code: 0, err: '' });
  const refused = await rostrum(['apply', copy]);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/ROSTRUM_CONDUCTOR_SECRET_LOST is not set, and the server has no/);
  expect(refused.err).toMatch(/ROSTRUM_API_KEY_LOST is not set, and the server has no/);
  expect(await replica.send('GET', '/services/lost')).toMatchObject({ status: 404 });
  const known = { ROSTRUM_CONDUCTOR_SECRET_LOST: 'c', ROSTRUM_API_KEY_LOST: 'k' };
  expect(await rostrum(['apply', copy], known)).toMatchObject({ code: 0, err: '' });
  expect((await replica.send('GET', '/services/lost')).body.description).toBe('see ${ROSTRUM_KEY_SECRET}');
  await rostrum(['apply', none, '--prune', '--yes']);
});
it('deletes nothing where something was refused', async () => {
  await replica.send('POST', '/services', { id: 'surplus', path: '/surplus' });
  const route = '{httpMethod: GET, path: /, mappedWorkflow: {name: w}, inputSchemaRef: {name: nowhere}}';
  const file = await write(
    'r.yaml',
    `services: [{id: fresh, path: /fresh, routes: [${route}]}, {id: heir, path: /surplus}]\n`,
  );
  expect((await rostrum(['plan', file, '--prune'])).err).toContain('names the schema nowhere, which neither');
  const refused = await rostrum(['apply', file, '--prune', '--yes']);
  expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/Nothing was deleted\.\n$/) });
  expect(await replica.send('GET', '/services/surplus')).toMatchObject({ status: 200 });
  await replica.send('DELETE', '/services/surplus');
});
it('schemas: versions', async () => {
  const content = (data: string, version = '') => `
schemas:
  - {name: order${version}, data: ${data}}
services:
  - {id: s, path: /s, routes: [{httpMethod: GET, path: /, mappedWorkflow: {name: w}, inputSchemaRef: {name: order}}]}
`;
  const file = await write('b.yaml', content('{type: object}'));
  expect(await rostrum(['apply', file])).toMatchObject({
    code: 0,
    err: '',
    out: 'created schema order\ncreated service s\n',
  });
  expect(await rostrum(['apply', file])).toMatchObject({
    code: 0,
    err: '',
    out: 'unchanged schema order\nunchanged service s\n',
  });
  await write('b.yaml', content('{type: object, required: [a]}'));
  expect(await rostrum(['apply', file])).toMatchObject({
    code: 0,
    err: '',
    out: 'changed schema order\nunchanged service s\n',
  });
  await write('b.yaml', content('{}', ', version: 2'));
  expect(await rostrum(['plan', file])).toMatchObject({ code: 1, err: expect.stringContaining('version 3') });
  const out = await rostrum(['export']);
  const copy = await write('copy.yaml', out.out);
  expect(await rostrum(['plan', copy, '--prune', '--detailed-exitcode'])).toMatchObject({ code: 0 });
  await write('b.yaml', content('{}').replace('path: /,', 'path: /, preRequestScript: "a b",'));
  const gone = await write('gone.yaml', 'schemas: []\nservices: []\n');
  expect(await rostrum(['apply', gone, '--prune', '--yes'])).toMatchObject({
    code: 0,
    err: '',
    out: 'deleted service s\ndeleted schema order\n',
  });
});
it('history and backup', async () => {
  const file = await write('c.yaml', 'services:\n  - {id: hist, name: One, path: /hist}\n');
  await rostrum(['apply', file]);
  await write('c.yaml', 'services:\n  - {id: hist, name: Two, path: /hist}\n');
  await rostrum(['apply', file]);
  const list = await rostrum(['rollback', 'hist', '--json']);
  const revisions = JSON.parse(list.out) as { revision: number }[];
  const rolledBack = await rostrum(['rollback', 'hist', String(revisions.at(-1)?.revision)]);
  expect(rolledBack).toMatchObject({ code: 0, err: '' });
  expect((await replica.send('GET', '/services/hist')).body.name).toBe('One');
  expect(await rostrum(['backup', 'b.backup'])).toMatchObject({ code: 0, err: '' });
  expect(await rostrum(['backup', 'b.backup']), 'nothing is written over').toMatchObject({ code: 2 });
  await rostrum(['apply', await write('n.yaml', 'services: [{id: late, path: /late}]\n')]);
  expect(await replica.send('GET', '/services/late')).toMatchObject({ status: 200 });
  expect(await rostrum(['restore', 'b.backup']), 'not into what is not empty').toMatchObject({ code: 1 });
  expect(await rostrum(['restore', 'b.backup', '--replace', '--yes'])).toMatchObject({ code: 0 });
  expect(await replica.send('GET', '/services/late')).toMatchObject({ status: 404 });
});
