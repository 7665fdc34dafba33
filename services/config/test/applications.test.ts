import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import { credentialsAnswer, decodeJson, encodeJson } from '@rostrum/shared/messages';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, apiOf } from './api.ts';
import { revisionOf } from '../src/domain/compile.ts';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { type Client, joinClient, storeOptions } from './client.ts';
import { digestKeyText, type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let replica: Replica;
let client: Client;
let api: Api;
beforeAll(async () => {
  replica = await startReplica(nats.url, space);
  client = await joinClient(nats.url, space);
  api = apiOf(replica);
});
afterAll(async () => {
  await client.close();
  await replica.drain();
});

const make = async (body: object = {}) =>
  (await api('POST', '/applications', { name: 'an application', ...body })).body;
const permit = (method: string, id: string, target: string, access = ['EXECUTE']) =>
  api(method, '/auth/authorization', {
    subject: { type: 'USER', id: `app:${id}` },
    target: { type: 'WORKFLOW_DEF', id: target },
    access,
  });

describe('applications', () => {
  it('are created, read, listed, changed and deleted, always with 200', async () => {
    const made = await api('POST', '/applications', { name: 'payments' });
    expect(made).toMatchObject({ status: 200, body: { name: 'payments', createdBy: 'admin', updatedBy: 'admin' } });
    expect(Object.keys(made.body).sort()).toEqual(['createTime', 'createdBy', 'id', 'name', 'updateTime', 'updatedBy']);
    const at = `/applications/${made.body.id}`;
    expect((await api('GET', at)).body).toEqual(made.body);
    expect((await api('GET', '/applications')).body).toContainEqual(made.body);

    const changed = await api('PUT', at, { ...made.body, name: 'paying' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'paying', createTime: made.body.createTime } });
    expect((await api('GET', at)).body).toEqual(changed.body);
    expect(await api('DELETE', at, {})).toMatchObject({ status: 200, body: undefined });
    for (const method of ['GET', 'DELETE']) expect(await api(method, at)).toMatchObject({ status: 404 });
    expect(await api('PUT', at, { name: 'x' })).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('may be given an id, once, so that files of configuration can name them', async () => {
    expect(await make({ id: 'chosen' })).toMatchObject({ id: 'chosen' });
    expect(await api('POST', '/applications', { id: 'chosen', name: 'x' })).toMatchObject({ status: 409 });
    const faults = [
      [{ id: 'key', name: 'x' }, '/id'],
      [{ id: 'a b', name: 'x' }, '/id'],
      [{}, '/name'],
      [{ name: ' ' }, '/name'],
      [{ name: 'x', role: 'ADMIN' }, '/role'],
      [{ name: 'x', conductor: { keyId: 'k' } }, '/conductor/keySecret'],
    ] as const;
    for (const [body, pointer] of faults) {
      expect([pointer, await api('POST', '/applications', body)]).toMatchObject([
        pointer,
        { status: 400, body: { errors: [{ pointer }] } },
      ]);
    }
  });

  it('keep on a PUT what has a path of its own', async () => {
    const { id } = await make({ conductor: { keyId: 'k', keySecret: 'kept' } });
    await api('POST', `/applications/${id}/roles/USER`);
    await api('PUT', `/applications/${id}/tags`, ['a:b']);
    const key = (await api('POST', `/applications/${id}/accessKeys`)).body;
    await permit('POST', id, 'kept-workflow');
    const put = await api('PUT', `/applications/${id}`, { name: 'renamed' });
    expect(put.body).toMatchObject({ name: 'renamed', conductor: { keyId: 'k' } });
    expect((await api('GET', `/users/app:${id}`)).body.roles).toEqual([{ name: 'USER' }]);
    expect((await api('GET', `/applications/${id}/tags`)).body).toEqual([{ key: 'a', value: 'b' }]);
    expect((await api('GET', `/applications/${id}/accessKeys`)).body).toMatchObject([{ id: key.id }]);
    expect((await api('GET', '/auth/authorization/WORKFLOW_DEF/kept-workflow')).body).toHaveProperty('EXECUTE');
  });
});

describe('access keys', () => {
  it('show their secret once, switch between ACTIVE and INACTIVE, lead to their application, and are deleted', async () => {
    const application = await make();
    const keys = `/applications/${application.id}/accessKeys`;
    const made = await api('POST', keys);
    expect(made.body).toEqual({ id: expect.any(String), secret: expect.stringMatching(/^[\w-]{43}$/) });
    const { id, secret } = made.body;
    const shown = { id, createdAt: expect.any(Number), status: 'ACTIVE' };
    expect((await api('GET', keys)).body).toEqual([shown]);
    expect(await api('POST', `${keys}/${id}/status`)).toMatchObject({
      status: 200,
      body: { ...shown, status: 'INACTIVE' },
    });
    expect((await api('POST', `${keys}/${id}/status`, {})).body).toEqual(shown);
    expect(await api('GET', `/applications/key/${id}`)).toMatchObject({ status: 200, body: { id: application.id } });
    expect(await api('DELETE', `${keys}/${id}`)).toMatchObject({ status: 200 });
    expect((await api('GET', keys)).body).toEqual([]);
    const gone = [
      ['DELETE', `${keys}/${id}`],
      ['POST', `${keys}/${id}/status`],
      ['GET', `/applications/key/${id}`],
      ['POST', '/applications/none/accessKeys'],
      ['GET', '/applications/none/accessKeys'],
    ] as const;
    for (const [method, path] of gone) expect([path, await api(method, path)]).toMatchObject([path, { status: 404 }]);
    expect(JSON.stringify(replica.log)).not.toContain(secret);
    expect(JSON.stringify(replica.log)).not.toContain(digestApiKey(secret, parseDigestKey(digestKeyText)));
  });
});

describe('roles and tags', () => {
  it('roles are added and taken away; the user shows them, those that mean nothing here too', async () => {
    const { id, name } = await make();
    const role = (method: string, each: string) => api(method, `/applications/${id}/roles/${each}`);
    for (const each of ['ADMIN', 'METADATA_API', 'ADMIN'])
      expect(await role('POST', each)).toMatchObject({ status: 200 });
    const roles = [{ name: 'ADMIN' }, { name: 'METADATA_API' }];
    const user = { id: `app:${id}`, name, roles, applicationUser: true };
    expect((await api('GET', `/users/app:${id}`)).body).toEqual(user);
    expect((await api('GET', `/users/app%3A${id}`)).body).toEqual(user);
    expect(await role('DELETE', 'ADMIN')).toMatchObject({ status: 200 });
    expect(await role('DELETE', 'ADMIN')).toMatchObject({ status: 404 });
    expect(await role('POST', 'a%20b')).toMatchObject({ status: 400 });
    expect((await api('GET', `/users/app:${id}`)).body.roles).toEqual([{ name: 'METADATA_API' }]);
    for (const none of ['app:none', 'somebody@example.com']) {
      expect(await api('GET', `/users/${none}`)).toMatchObject({ status: 404 });
    }
  });

  it('tags are replaced, and removed by key and value', async () => {
    const tags = `/applications/${(await make()).id}/tags`;
    const pairs = [
      { key: 'team', value: 'payments' },
      { key: 'env', value: 'prod' },
    ];
    expect((await api('GET', tags)).body).toEqual([]);
    expect(await api('PUT', tags, pairs)).toMatchObject({ status: 200, body: pairs });
    expect(await api('DELETE', tags, [pairs[1], { key: 'team', value: 'other' }])).toMatchObject({ status: 200 });
    expect((await api('GET', tags)).body).toEqual([pairs[0]]);
    expect(await api('PUT', tags, [{ value: 'x' }])).toMatchObject({ status: 400 });
  });
});

describe('permissions', () => {
  it('are granted, shown by target, and taken back', async () => {
    const [a, b] = [await make({ id: 'perm-a' }), await make({ id: 'perm-b' })];
    expect(await permit('POST', a.id, 'pay', ['EXECUTE', 'READ'])).toMatchObject({ status: 200, body: undefined });
    await permit('POST', b.id, 'pay');
    await permit('POST', b.id, 'pay*');
    const subject = ({ id }: { id: string }) => ({ type: 'USER', id: `app:${id}` });
    const on = async (id: string) => (await api('GET', `/auth/authorization/WORKFLOW_DEF/${id}`)).body;
    expect(await on('pay')).toEqual({ EXECUTE: [subject(a), subject(b)], READ: [subject(a)] });
    expect(await on('pay*')).toEqual({ EXECUTE: [subject(b)] });
    expect(await on('other')).toEqual({});
    expect(await permit('DELETE', a.id, 'pay')).toMatchObject({ status: 200 });
    expect(await on('pay')).toEqual({ EXECUTE: [subject(b)], READ: [subject(a)] });
    await api('DELETE', '/applications/perm-b');
    expect(await on('pay')).toEqual({ READ: [subject(a)] });
  });

  it('are for applications that exist, and say what is wrong with all else', async () => {
    const right = {
      subject: { type: 'USER', id: 'app:chosen' },
      target: { type: 'WORKFLOW_DEF', id: 'w' },
      access: ['EXECUTE'],
    };
    const faults = [
      [{ ...right, subject: { type: 'USER', id: 'app:nobody' } }, '/subject/id', /no application nobody/],
      [{ ...right, subject: { type: 'USER', id: 'jo@example.com' } }, '/subject/id', /app:<id/],
      [{ ...right, subject: { type: 'GROUP', id: 'app:chosen' } }, '/subject/type', /USER/],
      [{ ...right, target: { type: 'WORKFLOW_DEF', id: 'a*b' } }, '/target/id', /at its end/],
      [{ ...right, target: { type: 'WORKFLOW_DEF', id: '' } }, '/target/id', /empty/],
      [{ ...right, access: ['RUN'] }, '/access/0', /EXECUTE/],
      [{ ...right, access: [] }, '/access', /empty/],
      [{ ...right, more: 1 }, '/more', /no member/],
    ] as const;
    for (const [body, pointer, detail] of faults) {
      expect([pointer, await api('POST', '/auth/authorization', body)]).toMatchObject([
        pointer,
        { status: 400, body: { errors: [{ pointer, detail: expect.stringMatching(detail) }] } },
      ]);
    }
  });

  it('decide which routes run, from the answer on', async () => {
    await api('POST', '/gateway/config/auth', { id: 'p', authenticationType: 'NONE', applicationId: 'later' });
    const routes = [route('GET', '/a', { mappedWorkflow: { name: 'pay_in' } }), route('GET', '/b')];
    await api('POST', '/gateway/config/services', { id: 'p', path: '/p', authConfigId: 'p', routes });
    const forbidden = async () => {
      const head = await client.head('p');
      return (await client.execution('p', head?.revision ?? 0))?.forbidden;
    };
    expect(await forbidden(), 'an application may be named before it exists').toEqual({
      '*': expect.stringMatching(/application later, which does not exist/),
    });
    await make({ id: 'later' });
    const lacks = (workflow: string) =>
      expect.stringMatching(`application later lacks the permission EXECUTE on the workflow ${workflow}`);
    expect(await forbidden()).toEqual({ 'GET /a': lacks('pay_in'), 'GET /b': lacks('work') });
    await permit('POST', 'later', 'pay_*');
    expect(await forbidden()).toEqual({ 'GET /b': lacks('work') });
    await permit('POST', 'later', 'work');
    expect(await forbidden()).toEqual({});
    await permit('DELETE', 'later', 'pay_*');
    expect(await forbidden()).toEqual({ 'GET /a': lacks('pay_in') });
    await api('DELETE', '/applications/later');
    expect(await forbidden()).toHaveProperty('*');
  });
});

describe('the services of an application', () => {
  it('get a new revision when what it may run changes, not by its access keys, roles, tags and name', async () => {
    const { id } = await make({ id: 'quiet' });
    await api('POST', '/gateway/config/auth', { id, authenticationType: 'NONE', applicationId: id });
    const made = await api('POST', '/gateway/config/services', { id, path: '/quiet', authConfigId: id });
    expect(made.status).toBe(200);
    const store = new NatsConfigStore(storeOptions(client, space, 'looks'));
    const late = new NatsConfigStore(storeOptions(client, space, 'late'));
    await store.load();
    const revision = async () => {
      await store.catchUp();
      const head = await client.head(id);
      expect(revisionOf(store.state, id), 'by another replica’s reckoning').toBe(head?.revision);
      return head?.revision ?? 0;
    };
    const first = await revision();
    const at = `/applications/${id}`;
    const key = (await api('POST', `${at}/accessKeys`)).body;
    await api('POST', `${at}/accessKeys/${key.id}/status`);
    await api('POST', `${at}/roles/USER`);
    await api('PUT', `${at}/tags`, ['a:b']);
    await api('PUT', at, { name: 'another' });
    expect(await revision()).toBe(first);
    await late.load();
    expect(revisionOf(late.state, id), 'after a restart').toBe(first);

    await permit('POST', id, 'work');
    const second = await revision();
    expect(second).toBeGreaterThan(first);
    await api('DELETE', `${at}/accessKeys/${key.id}`);
    expect(await revision()).toBe(second);
    await api('PUT', at, { name: 'another', conductor: { keyId: 'k', keySecret: 's' } });
    const third = await revision();
    expect(third).toBeGreaterThan(second);
    await api('DELETE', at);
    expect(await revision()).toBeGreaterThan(third);
    for (const each of [store, late]) each.stop();
  });
});

describe('Conductor credentials', () => {
  const ask = async (application: string) =>
    decodeJson(
      credentialsAnswer,
      await client.bus.request(client.bus.subjects.config.credentials, encodeJson({ application }), {
        timeoutMs: 5_000,
      }),
    );

  it('are written and never shown; those who ask over the bus get them', async () => {
    const secret = 'conductor-secret-1';
    const made = await make({ id: 'with', conductor: { keyId: 'c1', keySecret: secret } });
    expect(made.conductor).toEqual({ keyId: 'c1' });
    expect((await api('GET', '/applications/with')).body.conductor).toEqual({ keyId: 'c1' });
    expect(await ask('with')).toEqual({ keyId: 'c1', keySecret: secret });
    expect(await ask('none')).toBeNull();

    const back = await api('PUT', '/applications/with', made);
    expect(back.body.updateTime, 'what is read can be written back').toBe(made.updateTime);
    const same = await api('PUT', '/applications/with', {
      name: made.name,
      conductor: { keyId: 'c1', keySecret: secret },
    });
    expect(same.body.updateTime, 'the same again is no change').toBe(made.updateTime);
    const other = await api('PUT', '/applications/with', { name: 'x', conductor: { keyId: 'c2' } });
    expect(other).toMatchObject({ status: 400, body: { errors: [{ pointer: '/conductor/keySecret' }] } });
    await api('PUT', '/applications/with', { name: 'x', conductor: { keyId: 'c2', keySecret: 'conductor-secret-2' } });
    expect(await ask('with')).toEqual({ keyId: 'c2', keySecret: 'conductor-secret-2' });
    await api('PUT', '/applications/with', { name: 'x', conductor: null });
    expect(await ask('with')).toBeNull();
    expect((await api('GET', '/applications/with')).body).not.toHaveProperty('conductor');
    expect(JSON.stringify([replica.log, client.notices])).not.toMatch(/conductor-secret/);
  });

  it('are named in the revisions that use them, by a name that changes with them', async () => {
    await make({ id: 'named', conductor: { keyId: 'c', keySecret: 'one' } });
    await api('POST', '/gateway/config/auth', { id: 'named', authenticationType: 'NONE', applicationId: 'named' });
    await api('POST', '/gateway/config/services', { id: 'named', path: '/named', authConfigId: 'named' });
    const name = async () =>
      (await client.execution('named', (await client.head('named'))?.revision ?? 0))?.credentials;
    const first = await name();
    expect(first).toMatch(/^[\w-]{16}$/);
    await api('POST', '/applications/named/roles/USER');
    expect(await name()).toBe(first);
    await api('PUT', '/applications/named', { name: 'n', conductor: { keyId: 'c', keySecret: 'two' } });
    expect(await name()).not.toBe(first);
    await api('PUT', '/applications/named', { name: 'n', conductor: null });
    expect(await name()).toBeUndefined();
  });
});
