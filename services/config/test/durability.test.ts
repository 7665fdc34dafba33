import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { joinClient, storeOptions } from './client.ts';
import { route, startReplica } from './replica.ts';

const nats = useNats();

describe('configuration', () => {
  it('survives the restart of every replica, with the same revisions', async () => {
    const space = namespace();
    const before = await startReplica(nats.url, space);
    await before.send('POST', '/auth', { id: 'a', authenticationType: 'API_KEY', apiKeys: ['k'] });
    await before.send('POST', '/services', { id: 'gone', path: '/gone' });
    await before.send('DELETE', '/services/gone');
    const routes = [route('GET', '/a'), route('POST', '/b', { preRequestScript: '$' })];
    const { body } = await before.send('POST', '/services', { id: 's', path: '/s', authConfigId: 'a', routes });
    await before.drain();

    const after = await startReplica(nats.url, space);
    const client = await joinClient(nats.url, space);
    expect((await after.send('GET', '/services')).body).toEqual([body]);
    expect((await after.send('GET', '/auth/a')).body.apiKeys).toHaveLength(1);
    const heads = await client.heads();
    expect(heads.get('gone')).toMatchObject({ deleted: true });
    const head = heads.get('s');
    expect(await client.edge('s', head?.revision ?? 0)).toMatchObject({
      routes: [{ id: 'GET /a' }, { id: 'POST /b' }],
    });
    expect(await after.send('PUT', '/services/s', body)).toMatchObject({ status: 200 });
    expect(await client.head('s')).toEqual(head);
    await client.close();
    await after.drain();
  });

  it('names routes that are stored, and can tell those that nobody names any more', async () => {
    const space = namespace();
    const replica = await startReplica(nats.url, space);
    await replica.send('POST', '/services', { id: 's', path: '/s', routes: [route('GET', '/a'), route('GET', '/b')] });
    await replica.send('DELETE', '/services/s/routes?method=GET&path=/a');
    const client = await joinClient(nats.url, space);
    const store = new NatsConfigStore(storeOptions(client, space, 'looks'));
    await store.load();
    const [sequence = 0, ...others] = (await store.unusedRoutes()).values();
    expect(others, 'one of the two').toEqual([]);
    await store.removeRoute(sequence);
    await store.removeRoute(sequence);
    expect((await store.unusedRoutes()).size).toBe(0);
    store.stop();
    await replica.drain();
    const again = await startReplica(nats.url, space);
    expect((await again.send('GET', '/services/s')).body.routes).toMatchObject([{ path: '/b' }]);
    await again.send('POST', '/services/s/routes', route('GET', '/a'));
    expect((await again.send('GET', '/services/s')).body.routes).toHaveLength(2);
    await client.close();
    await again.drain();
  });

  it('is read while NATS is away, refuses writes at once, and takes them when it is back', async () => {
    const space = namespace();
    const [one, two] = await Promise.all([startReplica(nats.url, space), startReplica(nats.url, space)]);
    await one.send('POST', '/services', { id: 's', path: '/s', routes: [route('GET', '/a')] });
    const ready = async () => (await fetch(`${one.service.addresses['ops']}/readyz`)).status;
    expect(await ready()).toBe(200);

    await nats.stop('SIGKILL');
    await waitFor(async () => (await ready()) === 503);
    expect(await one.send('GET', '/services/s')).toMatchObject({ status: 200, body: { routes: [{ path: '/a' }] } });
    const begun = performance.now();
    const refused = await one.send('PUT', '/services/s', { name: 'lost' });
    expect(refused).toMatchObject({ status: 503, body: { detail: expect.stringMatching(/nothing was changed/) } });
    expect(performance.now() - begun).toBeLessThan(1_000);

    await nats.start();
    const back = performance.now();
    await waitFor(async () => (await one.send('PUT', '/services/s', { name: 'back' })).status === 200);
    expect(performance.now() - back, 'not after the NATS client’s own minute').toBeLessThan(8_000);
    await waitFor(async () => (await two.send('GET', '/services/s')).body.name === 'back');
    const client = await joinClient(nats.url, space);
    const head = await waitFor(() => client.head('s'));
    const edge = await waitFor(() => client.edge('s', head.revision));
    expect(edge.routes).toHaveLength(1);
    const routes = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? one : two).send('POST', '/services/s/routes', route('GET', `/r${index}`)),
    );
    expect((await Promise.all(routes)).map(({ status }) => status)).toEqual(routes.map(() => 200));
    await client.close();
    await Promise.all([one.drain(), two.drain()]);
  });
});
