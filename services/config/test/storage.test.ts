import { jetstreamManager } from '@nats-io/jetstream';
import { createLogger } from '@rostrum/service/logger';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthConfig, Change } from '../src/domain/records.ts';
import { Bucket } from '../src/storage/bucket.ts';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { NatsRevisionStore } from '../src/storage/nats-revision-store.ts';
import { Conflict } from '../src/storage/store.ts';
import { createWritePath } from '../src/write/write-path.ts';
import { type Client, joinClient, storeOptions } from './client.ts';

const nats = useNats();
let client: Client;
beforeAll(async () => {
  client = await joinClient(nats.url, namespace());
});
afterAll(() => client.close());

function authChange(id: string): Change {
  return { kind: 'auth', id, value: { id, authenticationType: 'NONE' } as AuthConfig };
}

describe('the config store', () => {
  it('follows the bucket again after a reconnect, when the server has forgotten that it did', async () => {
    const space = namespace();
    const follower = new NatsConfigStore(storeOptions(client, space, 'follower'));
    await follower.load();
    const jsm = await jetstreamManager(client.bus.nats);
    for await (const { name } of jsm.consumers.list(`KV_${space}-config`)) {
      await jsm.consumers.delete(`KV_${space}-config`, name);
    }
    const bucket = new Bucket(client.bus.nats, { name: `${space}-config`, history: 64, replicas: 1 });
    await bucket.ensure();
    const { value } = authChange('missed');
    await bucket.put('auth.missed', Buffer.from(JSON.stringify(value)));
    await client.bus.nats.reconnect();
    await waitFor(() => follower.state.authConfigs.has('missed'), { timeoutMs: 3_000 });
    expect(follower.state.sequence).toBe(1);
    follower.stop();
  });

  it('goes on when the server that followed the bucket for it is lost while its connection stands', async () => {
    const space = namespace();
    const [writer, follower] = ['writer', 'reader'].map(
      (name) => new NatsConfigStore(storeOptions(client, space, name)),
    ) as [NatsConfigStore, NatsConfigStore];
    await Promise.all([writer.load(), follower.load()]);
    const jsm = await jetstreamManager(client.bus.nats);
    for await (const { name } of jsm.consumers.list(`KV_${space}-config`)) {
      await jsm.consumers.delete(`KV_${space}-config`, name);
    }
    // Whoever writes has to see it; whoever does not looks by itself.
    expect(await writer.commit(authChange('a'), 0, 'test')).toBe(1);
    await waitFor(() => follower.state.authConfigs.has('a'), { timeoutMs: 20_000, everyMs: 100 });
    writer.stop();
    follower.stop();
  });

  it('refuses a commit against anything but the last sequence, whatever the key', async () => {
    const space = namespace();
    const [one, two] = ['one', 'two'].map((name) => new NatsConfigStore(storeOptions(client, space, name)));
    if (!one || !two) throw new Error('two stores');
    await Promise.all([one.load(), two.load()]);
    expect(await one.commit(authChange('a'), 0, 'test')).toBe(1);
    await expect(two.commit(authChange('b'), 0, 'test')).rejects.toBeInstanceOf(Conflict);
    await two.catchUp();
    expect(await two.commit(authChange('b'), two.state.sequence, 'test')).toBe(2);
    await one.catchUp();
    expect([...one.state.authConfigs.keys()]).toEqual(['a', 'b']);
    one.stop();
    two.stop();
  });

  it('goes on when the last thing in the bucket was removed by hand', async () => {
    const space = namespace();
    const first = new NatsConfigStore(storeOptions(client, space, 'first'));
    await first.load();
    await first.commit(authChange('a'), 0, 'test');
    await first.commit(authChange('b'), 1, 'test');
    first.stop();
    const bucket = new Bucket(client.bus.nats, { name: `${space}-config`, history: 64, replicas: 1 });
    await bucket.ensure();
    await bucket.eraseSequence(2);
    const second = new NatsConfigStore(storeOptions(client, space, 'second'));
    await second.load();
    expect(second.state.sequence).toBe(2);
    expect(await second.commit(authChange('c'), second.state.sequence, 'test')).toBe(3);
    second.stop();
  });
});

describe('a write', () => {
  it('is decided on all that is stored, also by a replica that has not seen it', async () => {
    const space = namespace();
    const [one, two] = ['one', 'two'].map((name) => new NatsConfigStore(storeOptions(client, space, name)));
    const revisions = new NatsRevisionStore(storeOptions(client, space, 'revisions'));
    if (!one || !two) throw new Error('two stores');
    await Promise.all([one.load(), two.load(), revisions.load()]);
    const outcomes: string[] = [];
    const write = createWritePath({
      config: two,
      revisions,
      connected: () => true,
      maxBytes: () => 1_000_000,
      count: (outcome) => void outcomes.push(outcome),
      log: createLogger('test', 'silent'),
    });
    two.stop();
    await one.commit(authChange('a'), 0, 'test');
    expect(await write((state) => ({ answer: state.authConfigs.has('a') }), { name: 'test', now: 1 })).toBe(true);
    expect(await write(() => ({ change: authChange('b'), answer: 'stored' }), { name: 'test', now: 1 })).toBe('stored');
    expect(outcomes).toEqual(['stored']);
    for (const store of [one, two, revisions]) store.stop();
  });
});

describe('a head', () => {
  it('moves upwards only, whoever moves it in whatever order', async () => {
    const space = namespace();
    const [one, two] = ['one', 'two'].map((name) => new NatsRevisionStore(storeOptions(client, space, name)));
    if (!one || !two) throw new Error('two stores');
    await Promise.all([one.load(), two.load()]);
    const seen: number[] = [];
    one.onHead(({ revision }) => void seen.push(revision));
    const revisions = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1);
    await Promise.all(revisions.map((revision, index) => (index % 2 ? one : two).moveHead({ service: 's', revision })));
    await waitFor(() => one.heads.get('s')?.revision === 20);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    await two.moveHead({ service: 's', revision: 5 });
    await one.moveHead({ service: 't', revision: 1 });
    await waitFor(() => one.heads.has('t'));
    expect(one.heads.get('s')).toEqual({ service: 's', revision: 20 });
    one.stop();
    two.stop();
  });

  it('names parts that never change', async () => {
    const space = namespace();
    const store = new NatsRevisionStore(storeOptions(client, space, 'store'));
    await store.load();
    await store.put('s', 1, 'edge', Buffer.from('1'));
    await store.put('s', 1, 'edge', Buffer.from('2'));
    expect(Buffer.from((await store.get('s', 1, 'edge')) ?? []).toString()).toBe('1');
    await store.put('s', 2, 'edge', Buffer.from('3'));
    await store.put('s', 2, 'execution', Buffer.from('3'));
    await store.moveHead({ service: 's', revision: 2 });
    expect(await store.list()).toEqual([
      { service: 's', revision: 1 },
      { service: 's', revision: 2 },
    ]);
    await store.remove('s', 2);
    expect(await store.list()).toEqual([{ service: 's', revision: 1 }]);
    store.stop();
  });
});
