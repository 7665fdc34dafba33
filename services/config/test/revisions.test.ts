import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import type { Head } from '@rostrum/shared/messages';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { NatsRevisionStore } from '../src/storage/nats-revision-store.ts';
import { type Client, joinClient, storeOptions } from './client.ts';
import { digestKeyText, type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let replica: Replica;
let client: Client;
beforeAll(async () => {
  replica = await startReplica(nats.url, space, { REVISION_KEEP_MS: '700' });
  client = await joinClient(nats.url, space);
});
afterAll(async () => {
  await client.close();
  await replica.drain();
});

/** The service's head, once it is past this revision. */
function headPast(service: string, revision: number): Promise<Head> {
  return waitFor(async () => {
    const head = await client.head(service);
    return head && head.revision > revision ? head : undefined;
  });
}

describe('revisions', () => {
  it('move with every change of the service and of its auth config, and with nothing else', async () => {
    await replica.send('POST', '/auth', { id: 'a', authenticationType: 'API_KEY', apiKeys: ['secret-key'] });
    await replica.send('POST', '/auth', { id: 'b', authenticationType: 'NONE' });
    await replica.send('POST', '/services', { id: 's', path: '/s', authConfigId: 'a', routes: [route('GET', '/x')] });
    const made = await headPast('s', 0);
    const edge = await client.edge('s', made.revision);
    const digest = digestApiKey('secret-key', parseDigestKey(digestKeyText));
    expect(edge).toMatchObject({ service: 's', basePath: '/s', auth: { type: 'API_KEY', digests: [digest] } });
    const execution = await client.execution('s', made.revision);
    expect(execution).toMatchObject({ service: 's', forbidden: {}, routes: [{ id: 'GET /x', timeoutMs: 30_000 }] });
    expect(JSON.stringify(execution), 'digests are for ingresses alone').not.toContain(digest);

    await replica.send('PUT', '/auth/b', { authenticationType: 'NONE', audience: 'x' });
    await replica.send('POST', '/services', { id: 'other', path: '/other' });
    expect(await client.head('s')).toEqual(made);

    await replica.send('PUT', '/auth/a', { applicationId: 'ghost' });
    const withApplication = await headPast('s', made.revision);
    expect(await client.edge('s', withApplication.revision)).toMatchObject({ application: 'ghost' });
    expect((await client.execution('s', withApplication.revision))?.forbidden['*']).toMatch(
      /ghost, which does not exist/,
    );

    await replica.send('DELETE', '/auth/a');
    const denied = await headPast('s', withApplication.revision);
    expect((await client.edge('s', denied.revision))?.auth).toMatchObject({ type: 'DENY' });

    await replica.send('POST', '/services/s/routes', route('POST', '/x'));
    const grown = await headPast('s', denied.revision);
    expect((await client.edge('s', grown.revision))?.routes.map(({ id }) => id)).toEqual(['GET /x', 'POST /x']);

    await replica.send('PUT', '/services/s', (await replica.send('GET', '/services/s')).body);
    expect(await client.head('s'), 'nothing changed').toEqual(grown);

    await replica.send('DELETE', '/services/s');
    const gone = await headPast('s', grown.revision);
    expect(gone).toMatchObject({ deleted: true });
    await replica.send('POST', '/services', { id: 's', path: '/s' });
    const again = await headPast('s', gone.revision);
    expect(again.deleted).toBeUndefined();
  });

  it('are out when the change is answered', async () => {
    for (let round = 0; round < 20; round++) {
      const { status } = await replica.send('POST', '/services', { id: `quick${round}`, path: `/quick${round}` });
      expect({ status, head: await client.head(`quick${round}`) }).toMatchObject({
        status: 200,
        head: { revision: expect.any(Number) },
      });
    }
  });

  it('that are superseded are answered for a while, and then gone', async () => {
    await replica.send('POST', '/services', { id: 'old', path: '/old' });
    const first = await headPast('old', 0);
    await replica.send('PUT', '/services/old', { name: 'newer' });
    const second = await headPast('old', first.revision);
    expect(await client.edge('old', first.revision)).toMatchObject({ revision: first.revision });
    // What a replica answers from memory may be gone from the bucket: look there.
    const stored = new NatsRevisionStore(storeOptions(client, space, 'looks'));
    await stored.load();
    await waitFor(async () => (await stored.get('old', first.revision, 'execution')) === undefined);
    expect(await stored.get('old', first.revision, 'edge')).toBeUndefined();
    expect(await stored.get('old', second.revision, 'edge')).toBeDefined();
    stored.stop();
    expect(await client.edge('never', 1)).toBeNull();
  });

  it('are announced when heads move, and their sequence every second', async () => {
    await replica.send('POST', '/services', { id: 'told', path: '/told' });
    const notice = await waitFor(() =>
      client.notices.find(({ heads }) => heads.some(({ service }) => service === 'told')),
    );
    expect(notice.heads).toContainEqual(await client.head('told'));
    const before = client.notices.length;
    const beat = await waitFor(() => client.notices.slice(before).find(({ heads }) => heads.length === 0));
    expect(beat.sequence).toBeGreaterThanOrEqual(notice.sequence);
  });

  it('that a replica committed and did not bring out are brought out by another', async () => {
    const store = new NatsConfigStore(storeOptions(client, space, 'dead'));
    await store.load();
    const stamp = { createdBy: 'x', updatedBy: 'x', createTime: 1, updateTime: 1 };
    const content = {
      name: undefined,
      description: undefined,
      authConfigId: undefined,
      corsConfig: undefined,
      hosts: undefined,
      rateLimit: undefined,
      pool: undefined,
    };
    const value = {
      id: 'orphan',
      path: '/orphan',
      enabled: true,
      mcpEnabled: true,
      tags: [],
      routes: [],
      ...content,
      ...stamp,
    };
    const sequence = await store.commit({ kind: 'service', id: 'orphan', value }, store.state.sequence, 'test');
    store.stop();
    expect(await headPast('orphan', 0)).toEqual({ service: 'orphan', revision: sequence });
    expect(await client.edge('orphan', sequence)).toMatchObject({ basePath: '/orphan' });
  });

  it('are made anew for every service when what they are compiled with changes', async () => {
    const fresh = namespace();
    const first = await startReplica(nats.url, fresh);
    const reader = await joinClient(nats.url, fresh);
    await first.send('POST', '/services', { id: 't', path: '/t', routes: [route('GET', '/a')] });
    const before = await waitFor(() => reader.head('t'));
    await first.drain();
    const second = await startReplica(nats.url, fresh, { DEFAULT_TIMEOUT_MS: '5000' });
    const after = await waitFor(async () => {
      const head = await reader.head('t');
      return head && head.revision > before.revision ? head : undefined;
    });
    expect((await reader.edge('t', after.revision))?.routes[0]?.timeoutMs).toBe(5_000);
    await reader.close();
    await second.drain();
  });
});
