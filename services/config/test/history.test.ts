import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { Bucket } from '../src/storage/bucket.ts';
import { sweepRoutes } from '../src/revisions/sweep.ts';
import { joinClient, storeOptions } from './client.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, space);
});
afterAll(() => replica.drain());

const revisions = async (id: string) => (await replica.send('GET', `/services/${id}/revisions`)).body;

describe('the history of a service', () => {
  it('says who changed what and when, newest first, routes and deletion included', async () => {
    const begun = Date.now();
    await replica.send('POST', '/services', { id: 'h', path: '/h', routes: [route('GET', '/a')] });
    await replica.send('PUT', '/services/h', { name: 'new' });
    await replica.send('POST', '/services/h/routes', route('POST', '/b'));
    await replica.send('PUT', '/services/h/routes', route('GET', '/a', { description: 'mine' }));
    await replica.send('DELETE', '/services/h/routes?method=POST&path=/b');
    await replica.send('DELETE', '/services/h');
    const items = await revisions('h');
    expect(items.map((each: { changes: unknown }) => each.changes).slice(1, 5)).toEqual([
      [{ pointer: '/routes/POST ~1b', before: expect.objectContaining({ path: '/b' }) }],
      [{ pointer: '/routes/GET ~1a/description', after: 'mine' }],
      [{ pointer: '/routes/POST ~1b', after: expect.objectContaining({ path: '/b' }) }],
      [{ pointer: '/name', after: 'new' }],
    ]);
    expect(items[0]).toMatchObject({ deleted: true, author: 'admin' });
    expect(items[0].time).toBeGreaterThanOrEqual(begun - 1_000);
    const numbers = items.map((each: { revision: number }) => each.revision);
    expect(numbers).toEqual(numbers.toSorted((a: number, b: number) => b - a));
    expect((await replica.send('GET', '/services/h/revisions?limit=2')).body).toEqual(items.slice(0, 2));
    expect(await replica.send('GET', '/services/h/revisions?limit=0')).toMatchObject({ status: 400 });
    expect(await replica.send('GET', '/services/nothing/revisions')).toMatchObject({ status: 404 });
  });
});

describe('a rollback', () => {
  it('brings the service back as it was, with its routes and tags, under a new revision', async () => {
    const tags = [{ key: 'team', value: 'pay' }];
    const routes = [route('GET', '/a', { tags }), route('POST', '/b', { cacheConfig: undefined })];
    const before = await replica.send('POST', '/services', {
      id: 'r',
      path: '/r',
      name: 'one',
      enabled: false,
      tags,
      routes,
    });
    const [{ revision }] = await revisions('r');
    await replica.send('PUT', '/services/r', { name: 'two', enabled: true, routes: [route('GET', '/c')] });
    await replica.send('PUT', '/services/r/tags', []);
    const back = await replica.send('POST', '/services/r/rollback', { revision });
    const known = ({ createTime: _, updateTime: __, routes: list, ...rest }: Record<string, unknown>) => ({
      ...rest,
      routes: (list as Record<string, unknown>[]).map(({ createTime: ___, updateTime: ____, ...each }) => each),
    });
    expect(back.status).toBe(200);
    expect(known(back.body)).toEqual(known(before.body));
    expect((await replica.send('GET', '/services/r')).body).toEqual(back.body);
    expect((await revisions('r'))[0].revision).toBeGreaterThan(revision);
  });

  it('brings a deleted service back, unless its base path is another’s by now', async () => {
    await replica.send('POST', '/services', { id: 'd', path: '/d', routes: [route('GET', '/a')] });
    const [{ revision }] = await revisions('d');
    await replica.send('DELETE', '/services/d');
    const [{ revision: deletion }] = await revisions('d');
    expect(await replica.send('POST', '/services/d/rollback', { revision: deletion })).toMatchObject({ status: 400 });
    await replica.send('POST', '/services', { id: 'other', path: '/d' });
    const refused = await replica.send('POST', '/services/d/rollback', { revision });
    expect(refused).toMatchObject({ status: 409, body: { errors: [{ pointer: '/path' }] } });
    await replica.send('DELETE', '/services/other');
    const back = await replica.send('POST', '/services/d/rollback', { revision });
    expect(back).toMatchObject({ status: 200, body: { id: 'd', routes: [{ path: '/a' }] } });
  });

  it('warns when the auth config that it names is gone', async () => {
    await replica.send('POST', '/auth', { id: 'gone', authenticationType: 'NONE' });
    await replica.send('POST', '/services', { id: 'w', path: '/w', authConfigId: 'gone' });
    const [{ revision }] = await revisions('w');
    await replica.send('PUT', '/services/w', { name: 'w' });
    await replica.send('DELETE', '/auth/gone');
    const back = await replica.send('POST', '/services/w/rollback', { revision });
    expect(back).toMatchObject({
      status: 200,
      body: { authConfigId: 'gone', warnings: [{ pointer: '/authConfigId' }] },
    });
  });

  it('needs a revision that the history has', async () => {
    await replica.send('POST', '/services', { id: 'n', path: '/n' });
    expect(await replica.send('POST', '/services/n/rollback', { revision: 1 })).toMatchObject({ status: 404 });
    expect(await replica.send('POST', '/services/n/rollback', {})).toMatchObject({ status: 400 });
    expect(await replica.send('POST', '/services/nothing/rollback', { revision: 1 })).toMatchObject({ status: 404 });
    const [{ revision }] = await revisions('n');
    const beyond = await replica.send('POST', '/services/n/rollback', { revision: revision + 1 });
    expect(beyond).toMatchObject({ status: 404, body: { detail: expect.stringContaining(`is ${revision}`) } });
  });

  it('takes If-Match, and answers with an ETag', async () => {
    await replica.send('POST', '/services', { id: 'm', path: '/m' });
    const [{ revision }] = await revisions('m');
    const changed = await replica.send('PUT', '/services/m', { name: 'changed' });
    const back = (tag: string) => replica.send('POST', '/services/m/rollback', { revision }, { 'if-match': tag });
    expect(await back('"another"')).toMatchObject({ status: 412 });
    expect((await replica.send('GET', '/services/m')).body).toEqual(changed.body);
    const done = await back(changed.headers.get('etag') ?? '');
    expect(done.status).toBe(200);
    const shown = await replica.send('GET', '/services/m');
    expect(done.headers.get('etag')).toBe(shown.headers.get('etag'));
  });
});

describe('routes that the history names', () => {
  it('and that a release without history swept, end only the versions that had them', async () => {
    await replica.send('POST', '/services', { id: 'old', path: '/old', routes: [route('GET', '/a')] });
    await replica.send('PUT', '/services/old', { routes: [route('GET', '/a'), route('GET', '/swept')] });
    await replica.send('PUT', '/services/old', { routes: [route('GET', '/a')] });
    const [last, middle, first] = await revisions('old');
    const client = await joinClient(nats.url, space);
    const store = new NatsConfigStore(storeOptions(client, space, 'looker'));
    await store.load();
    const named = (await store.serviceHistory('old'))[1]?.entry?.routes.find(({ id }) => id === 'GET /swept');
    const blobs = new Bucket(client.bus.nats, { name: `${space}-routes`, history: 1, replicas: 1 });
    await blobs.ensure();
    await blobs.erase(named?.digest ?? '');
    store.stop();
    await client.close();

    const kept = await revisions('old');
    expect(kept.map((each: { revision: number }) => each.revision)).toEqual([last.revision, first.revision]);
    expect(kept[1]).toEqual(first);
    const back = (revision: number) => replica.send('POST', '/services/old/rollback', { revision });
    expect(await back(middle.revision)).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/does not reach so far/) },
    });
    expect(await back(first.revision)).toMatchObject({ status: 200, body: { routes: [{ path: '/a' }] } });
  });

  it('are swept only when the history has let go of them', async () => {
    const few = namespace();
    const other = await startReplica(nats.url, few, { HISTORY_KEEP: '3' });
    await other.send('POST', '/services', { id: 's', path: '/s', routes: [route('GET', '/a')] });
    const { body } = await other.send('GET', '/services/s/revisions');
    await other.send('PUT', '/services/s', { routes: [] });
    const client = await joinClient(nats.url, few);
    const store = new NatsConfigStore(storeOptions(client, few, 'sweeper'));
    await store.load();
    const unused = new Map();
    const sweep = (now: number) => sweepRoutes(store, unused, 10, now);
    await sweep(0);
    expect(await sweep(100), 'kept by the history').toBe(0);
    const back = await other.send('POST', '/services/s/rollback', { revision: body[0].revision });
    expect(back.body.routes).toMatchObject([{ path: '/a' }]);
    await other.send('PUT', '/services/s', { routes: [] });
    for (const name of ['x', 'y', 'z']) await other.send('PUT', '/services/s', { name });
    await store.catchUp();
    await sweep(200);
    expect(await sweep(300)).toBe(2);
    store.stop();
    await client.close();
    await other.drain();
  });
});
