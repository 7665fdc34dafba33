import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { encodeJson } from '@rostrum/shared/messages';
import { describe, expect, it } from 'vitest';
import { NatsRevisionStore } from '../src/storage/nats-revision-store.ts';
import { joinClient, storeOptions } from './client.ts';
import { route, startReplica } from './replica.ts';

const nats = useNats({ config: 'max_payload: 65536' });

describe('a compiled service that is larger than a message', () => {
  it('reaches ingresses and executors whole, and leaves nothing behind when it is swept', async () => {
    const space = namespace();
    const [one, two] = await Promise.all([1, 2].map(() => startReplica(nats.url, space, { REVISION_KEEP_MS: '300' })));
    if (!one || !two) throw new Error('two replicas');
    const client = await joinClient(nats.url, space);
    const script = `/* ${'x'.repeat(20_000)} */ $`;
    const inputSchema = { type: 'object', description: 'ü'.repeat(8_000) };
    const routes = Array.from({ length: 20 }, (_, index) =>
      route('POST', `/r${index}`, { preRequestScript: script, inputSchema }),
    );
    expect(await one.send('POST', '/services', { id: 's', path: '/s', routes })).toMatchObject({ status: 200 });
    const head = await waitFor(() => client.head('s'));
    for (let count = 0; count < 4; count++) {
      const edge = await client.edge('s', head.revision);
      expect(edge?.routes.map(({ inputSchema: each }) => each)).toEqual(routes.map(() => inputSchema));
      const execution = await client.execution('s', head.revision);
      expect(execution?.routes.map(({ preRequestScript }) => preRequestScript)).toEqual(routes.map(() => script));
    }
    const old = await client.bus.request(client.bus.subjects.config.edge, encodeJson(head), {
      timeoutMs: 5_000,
    });
    expect(Buffer.from(old).toString(), 'for releases that take no pages').toBe('null');

    await two.send('PUT', '/services/s', { routes: [] });
    const store = new NatsRevisionStore(storeOptions(client, space, 'looks'));
    await store.load();
    await waitFor(async () => (await store.list()).length === 1);
    expect(await store.get('s', head.revision, 'edge')).toBeUndefined();
    store.stop();
    await client.close();
    await Promise.all([one.drain(), two.drain()]);
  });

  it('is finished by another replica, also one that cuts it otherwise', async () => {
    const space = namespace();
    const client = await joinClient(nats.url, space);
    const [one, two] = [1, 2].map((number) => new NatsRevisionStore(storeOptions(client, space, `s${number}`)));
    if (!one || !two) throw new Error('two stores');
    await Promise.all([one.load(), two.load()]);
    const value = Buffer.from(JSON.stringify('y'.repeat(200_000)));
    await Promise.all([one.put('s', 1, 'edge', value), two.put('s', 1, 'edge', value), one.put('s', 1, 'edge', value)]);
    expect(Buffer.from((await two.get('s', 1, 'edge')) ?? [])).toEqual(value);
    await two.remove('s', 1);
    expect(await one.get('s', 1, 'edge')).toBeUndefined();
    expect(await one.list()).toEqual([]);
    for (const store of [one, two]) store.stop();
    await client.close();
  });
});
