import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, joinClient } from './client.ts';
import { type Replica, route, startReplica, takeToken } from './replica.ts';

const nats = useNats();
const space = namespace();
let one: Replica;
let two: Replica;
let client: Client;
beforeAll(async () => {
  // At the same moment: both make the buckets, the admin and the compiler's settings.
  [one, two] = await Promise.all([startReplica(nats.url, space), startReplica(nats.url, space)]);
  client = await joinClient(nats.url, space);
});
afterAll(async () => {
  await client.close();
  await Promise.all([one.drain(), two.drain()]);
});

describe('two replicas', () => {
  it('take different routes of one service at once, and lose none', async () => {
    await one.send('POST', '/services', { id: 'busy', path: '/busy' });
    await waitFor(async () => (await two.send('GET', '/services/busy')).status === 200);
    const names = Array.from({ length: 40 }, (_, index) => `/r${index}`);
    const answers = await Promise.all(
      names.map((path, index) => (index % 2 ? one : two).send('POST', '/services/busy/routes', route('GET', path))),
    );
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    for (const replica of [one, two]) {
      const paths = await waitFor(async () => {
        const { body } = await replica.send('GET', '/services/busy');
        const found = body.routes.map((each: { path: string }) => each.path);
        return found.length === 40 && found;
      });
      expect(paths.sort()).toEqual(names.toSorted());
    }
    // The replica that answers may not have seen the other's last move yet.
    await waitFor(async () => {
      const head = await client.head('busy');
      return (await client.edge('busy', head?.revision ?? 0))?.routes.length === 40;
    });
  });

  it('never give one base path to two services', async () => {
    for (let round = 0; round < 10; round++) {
      const path = `/race/${round}`;
      const answers = await Promise.all([
        one.send('POST', '/services', { id: `left${round}`, path }),
        two.send('POST', '/services', { id: `right${round}`, path }),
      ]);
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
    }
  });

  it('never make one id twice', async () => {
    for (let round = 0; round < 10; round++) {
      const id = `twin${round}`;
      const answers = await Promise.all([
        one.send('POST', '/services', { id, path: `/left${round}` }),
        two.send('POST', '/services', { id, path: `/right${round}` }),
      ]);
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
    }
  });

  it('each read what they wrote at once, and what the other wrote soon', async () => {
    for (let round = 0; round < 10; round++) {
      const id = `own${round}`;
      await one.send('POST', '/auth', { id, authType: 'NONE' });
      expect(await one.send('GET', `/auth/${id}`)).toMatchObject({ status: 200 });
      await waitFor(async () => (await two.send('GET', `/auth/${id}`)).status === 200);
    }
  });

  it('decide on what is so, not on what they happen to have seen', async () => {
    for (let round = 0; round < 10; round++) {
      const id = `fresh${round}`;
      await one.send('POST', '/services', { id, path: `/${id}` });
      expect(await two.send('POST', `/services/${id}/routes`, route('GET', '/a'))).toMatchObject({ status: 200 });
      // Whoever had not seen the other's write would find that nothing is to be changed.
      for (const [replica, name] of [
        [one, 'x'],
        [two, 'y'],
        [one, 'x'],
      ] as const) {
        expect(await replica.send('PUT', `/services/${id}`, { name })).toMatchObject({ status: 200, body: { name } });
      }
      await two.send('PUT', `/services/${id}`, { name: 'x' });
      expect((await two.send('GET', `/services/${id}`)).body.name).toBe('x');
    }
  });

  it('take each other’s tokens', async () => {
    const answer = await fetch(`${two.url}/api/gateway/config/auth`, {
      headers: { 'x-authorization': await one.token() },
    });
    expect(answer.status).toBe(200);
  });
});

describe('the first admin', () => {
  it('is made by one of the replicas that start at once, and shown once', async () => {
    const env = { ADMIN_KEY_ID: '', ADMIN_KEY_SECRET: '' };
    const fresh = namespace();
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(nats.url, fresh, env)));
    const shown = replicas.flatMap(({ log }) => log).filter(({ msg }) => /first admin key/.test(String(msg)));
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ level: 40 });
    const [, keyId = '', keySecret = ''] = /id (\S+) secret (\S+)/.exec(String(shown[0]?.['msg'])) ?? [];
    for (const { url } of replicas) {
      await waitFor(async () => (await takeToken(url, { keyId, keySecret })).startsWith('ey'));
    }
    await Promise.all(replicas.map((replica) => replica.drain()));
    const again = await startReplica(nats.url, fresh, env);
    expect(again.log.filter(({ msg }) => /admin key/.test(String(msg)))).toEqual([]);
    expect(await takeToken(again.url, { keyId, keySecret })).toMatch(/^ey/);
    await again.drain();

    const replaced = await startReplica(nats.url, fresh, { ADMIN_KEY_ID: 'root', ADMIN_KEY_SECRET: 'chosen' });
    expect(await takeToken(replaced.url, { keyId: 'root', keySecret: 'chosen' })).toMatch(/^ey/);
    expect(await takeToken(replaced.url, { keyId, keySecret }), 'the old one is void').toBeUndefined();
    await replaced.drain();
  });
});
