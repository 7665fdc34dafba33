import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@rostrum/service/logger';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import type { Application } from '../src/domain/records.ts';
import { createKeyring, masterKeyId, openVault, sealingKeyOf } from '../src/domain/vault.ts';
import { NatsConfigStore } from '../src/storage/nats-config-store.ts';
import { NatsRevisionStore } from '../src/storage/nats-revision-store.ts';
import { Bucket } from '../src/storage/bucket.ts';
import { rotateSecrets } from '../src/write/rotate-secrets.ts';
import { createWritePath } from '../src/write/write-path.ts';
import { type Client, joinClient, storeOptions } from './client.ts';
import { digestKeyText, startReplica } from './replica.ts';

const nats = useNats();
const author = { name: 'test', now: 1 };
const place = (id: string) => `application/${id}/conductor`;

/** One replica's stores and write path. */
async function openReplica(client: Client, space: string, name: string) {
  const config = new NatsConfigStore(storeOptions(client, space, name));
  const revisions = new NatsRevisionStore(storeOptions(client, space, `${name}r`));
  await Promise.all([config.load(), revisions.load()]);
  const log = createLogger('test', 'silent');
  const options = { config, revisions, connected: () => true, maxBytes: () => 1_000_000, count: () => {}, log };
  const write = createWritePath(options);
  const put = (id: string, secret: string, masterKeys: readonly Buffer[]) =>
    write(({ keyring }) => {
      const sealedSecret = openVault(keyring.value ?? createKeyring(randomBytes(32)), masterKeys).seal(
        secret,
        place(id),
      );
      const value = { id, name: id, conductor: { keyId: id, sealedSecret } } as Application;
      return { change: { kind: 'application', id, value }, answer: undefined };
    }, author);
  const openAll = (masterKeys: readonly Buffer[]) => {
    const { keyring, applications } = config.state;
    if (!keyring.value) throw new Error('no keyring');
    const vault = openVault(keyring.value, masterKeys);
    const opened = [...applications.values()].map(({ value }) => [
      value?.id,
      vault.open(value?.conductor?.sealedSecret ?? '', place(value?.id ?? '')),
    ]);
    return Object.fromEntries(opened) as Record<string, string>;
  };
  const stop = () => [config, revisions].forEach((each) => each.stop());
  return { config, write, put, openAll, stop };
}

describe('a rotation of secrets', () => {
  it('leaves every secret readable, with the new keys alone, under writes and by two replicas at once', async () => {
    const [old, next] = [randomBytes(32), randomBytes(32)];
    const space = namespace();
    const client = await joinClient(nats.url, space);
    const [one, two] = await Promise.all(['one', 'two'].map((name) => openReplica(client, space, name)));
    if (!one || !two) throw new Error('two replicas');
    await one.write(() => ({ change: { kind: 'keyring', value: createKeyring(old) }, answer: undefined }), author);
    const first = one.config.state.keyring.value?.dataKeys[0]?.id ?? '';
    const expected: Record<string, string> = {};
    const put = async (id: string, by: typeof one) => {
      expected[id] = `secret of ${id}`;
      await by.put(id, expected[id], [next, old]);
    };
    for (let count = 0; count < 5; count++) await put(`before${count}`, one);
    const rotations = [one, two, one].map(({ write }) => rotateSecrets(write, [next, old], author));
    for (let count = 0; count < 20; count++) await put(`during${count}`, count % 2 ? one : two);
    await Promise.all(rotations);
    await Promise.all([one.config.catchUp(), two.config.catchUp()]);
    for (const { openAll } of [one, two]) expect(openAll([next])).toEqual(expected);
    const keyring = one.config.state.keyring.value;
    expect(keyring?.dataKeys).toMatchObject([{ wrapped: { [masterKeyId(next)]: expect.any(String) } }]);
    expect(keyring && JSON.stringify(keyring)).not.toContain(masterKeyId(old));
    expect(() => one.openAll([old])).toThrow(/MASTER_KEY is not/);

    const bucket = new Bucket(client.bus.nats, { name: `${space}-config`, history: 64, replicas: 1 });
    await bucket.ensure();
    const kept = await bucket.history('keyring');
    expect(kept, 'no old keyring is kept anywhere').toHaveLength(1);
    expect(Buffer.from(kept[0]?.value ?? []).toString()).not.toContain(first);
    for (const each of [one, two]) each.stop();
    await client.close();
  });

  it('that ends between any two writes is finished by the next one', async () => {
    const key = randomBytes(32);
    const space = namespace();
    const client = await joinClient(nats.url, space);
    const replica = await openReplica(client, space, 'one');
    await replica.write(() => ({ change: { kind: 'keyring', value: createKeyring(key) }, answer: undefined }), author);
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await replica.put(id, id, [key]);
    for (let steps = 0, over = false; !over; steps++) {
      let left = steps;
      const dying: typeof replica.write = (decide, by) => {
        if (left-- === 0) throw new Error('killed');
        return replica.write(decide, by);
      };
      over = await rotateSecrets(dying, [key], author).then(
        () => true,
        () => false,
      );
      expect(replica.openAll([key]), `after ${steps} writes`).toEqual({ a: 'a', b: 'b', c: 'c' });
    }
    const { keyring, applications } = replica.config.state;
    const [last, ...others] = keyring.value?.dataKeys ?? [];
    expect(others).toEqual([]);
    for (const id of ids) {
      expect(sealingKeyOf(applications.get(id)?.value?.conductor?.sealedSecret ?? '')).toBe(last?.id);
    }
    replica.stop();
    await client.close();
  });
});

describe('the master key', () => {
  const key = () => randomBytes(32).toString('base64');

  it('is changed without downtime: both, then rotate, then the new one', async () => {
    const [old, next] = [key(), key()];
    const space = namespace();
    const before = await startReplica(nats.url, space, { MASTER_KEY: old });
    await before.send('POST', '/services', { id: 's', path: '/s' });
    const both = await startReplica(nats.url, space, { MASTER_KEY: next, MASTER_KEY_PREVIOUS: old });
    const restarted = await startReplica(nats.url, space, { MASTER_KEY: old });
    await Promise.all([before.drain(), restarted.drain()]);
    const answer = await both.send('POST', '/secrets/rotate');
    expect(answer).toMatchObject({ status: 200, body: { resealed: expect.any(Number) } });
    const after = await startReplica(nats.url, space, { MASTER_KEY: next });
    expect(await after.send('GET', '/services/s')).toMatchObject({ status: 200 });
    await expect(startReplica(nats.url, space, { MASTER_KEY: old })).rejects.toThrow(/MASTER_KEY is not the one/);
    await Promise.all([both.drain(), after.drain()]);
  });

  it('that a replica lacks after a rotation takes it out of service, and it says so', async () => {
    const [old, next] = [key(), key()];
    const space = namespace();
    const behind = await startReplica(nats.url, space, { MASTER_KEY: old });
    await behind.send('POST', '/services', { id: 's', path: '/s' });
    const ready = async () => fetch(`${behind.service.addresses['ops']}/readyz`);
    expect((await ready()).status).toBe(200);
    const both = await startReplica(nats.url, space, { MASTER_KEY: next, MASTER_KEY_PREVIOUS: old });
    expect(await both.send('POST', '/secrets/rotate')).toMatchObject({ status: 200 });
    await waitFor(async () => (await ready()).status === 503, { what: 'the replica behind to be not ready' });
    expect(await (await ready()).text()).toMatch(/MASTER_KEY/);
    for (let count = 0; count < 3; count++) {
      const answer = await behind.send('GET', '/services/s');
      expect(answer).toMatchObject({ status: 503, body: { code: 'service-unavailable' } });
      expect(answer.body.message).toMatch(/MASTER_KEY/);
    }
    const said = behind.log.filter(({ msg }) => /cannot open/.test(String(msg)));
    expect(said, 'once').toHaveLength(1);
    await Promise.all([behind.drain(), both.drain()]);
  });

  it('ends the process with one sentence when it is the wrong one, and may come from a file', async () => {
    const space = namespace();
    const right = key();
    const first = await startReplica(nats.url, space, { MASTER_KEY: right });
    await first.drain();
    const file = join(mkdtempSync(join(tmpdir(), 'rostrum-key-')), 'key');
    const wrong = key();
    writeFileSync(file, `${wrong}\n`);
    const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
      env: {
        ...process.env,
        NATS_URL: nats.url,
        NAMESPACE: space,
        MASTER_KEY_FILE: file,
        DIGEST_KEY: digestKeyText,
        CONFIG_PORT: '0',
      },
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (data: Buffer) => void (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => void (said += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(2);
    expect(said).toMatch(/^config: MASTER_KEY is not the one [^\n]+MASTER_KEY_PREVIOUS\n$/);
    expect(out + said).not.toContain(wrong);
  });
});

describe('another digest key than the stored API keys have', () => {
  const bytes = () => randomBytes(32).toString('base64');

  it.each([
    ['of another id', `k2:${bytes()}`],
    ['of the same id', `k1:${bytes()}`],
  ])('%s is told in the log with what is void under it', async (_what, other) => {
    const space = namespace();
    const first = await startReplica(nats.url, space);
    await first.send('POST', '/auth', { id: 'with-key', authenticationType: 'API_KEY' });
    await first.send('POST', '/auth', { id: 'open', authenticationType: 'NONE' });
    await first.drain();
    const again = await startReplica(nats.url, space);
    const second = await startReplica(nats.url, space, { DIGEST_KEY: other });
    const warned = ({ log }: typeof first) => log.map(({ msg }) => String(msg)).filter((msg) => /DIGEST_KEY/.test(msg));
    expect(warned(again)).toEqual([]);
    expect(warned(second)).toEqual([expect.stringContaining('with it: auth config with-key. Start')]);
    await Promise.all([again.drain(), second.drain()]);
  });
});
