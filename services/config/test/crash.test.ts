import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import { joinClient } from './client.ts';
import { adminEnv, type Answer, read, route, startReplica, takeToken } from './replica.ts';

const nats = useNats();
const admin = { keyId: 'admin', keySecret: 'test-secret' };

/**
 * Sends a request to a replica that is killed before its `at`th write. Its answer; undefined when it was killed first.
 */
async function sendTo(space: string, at: number, method: string, path: string, body: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crashing-replica.ts')], {
    env: { ...process.env, ...adminEnv(nats.url, space), CRASH_AT: `${at}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    let url = '';
    for await (const line of createInterface(child.stdout)) {
      const { msg, addresses } = JSON.parse(line) as { msg: string; addresses?: { http: string } };
      if (msg === 'ready') url = addresses?.http ?? '';
      if (url !== '') break;
    }
    child.stdout.resume();
    if (url === '') return undefined;
    const headers = { 'x-authorization': await takeToken(url, admin) };
    return await read(await fetch(`${url}/api/gateway/config${path}`, { method, headers, body }));
  } catch {
    return undefined;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('a replica that is killed between any two writes', () => {
  it('leaves a service that is there whole or not at all, and a revision that another brings out', async () => {
    const space = namespace();
    const other = await startReplica(nats.url, space);
    const client = await joinClient(nats.url, space);
    const shapes = [0, 2, 3];
    /** What is there of the service: how many routes; that its newest revision has them all, too. */
    const look = async (id: string) => {
      const { status, body } = await other.send('GET', `/services/${id}`);
      if (status === 404) return 0;
      const ids = body.routes.map((each: Record<string, string>) => `${each['httpMethod']} ${each['path']}`);
      await waitFor(async () => {
        // Whatever head can be seen, both of its parts are there, and are of one moment.
        const head = await client.head(id);
        if (!head) return false;
        const [edge, execution] = await Promise.all([
          client.edge(id, head.revision),
          client.execution(id, head.revision),
        ]);
        const found = edge?.routes.map((each) => each.id) ?? [];
        expect(execution?.routes.map((each) => each.id)).toEqual(found);
        expect(shapes).toContain(found.length);
        return found.join() === ids.join();
      });
      return ids.length as number;
    };
    let crashes = 0;
    let answer: Answer | undefined;
    for (let at = 1; !answer; at++) {
      const body = { id: `c${at}`, path: `/c/${at}`, routes: [route('GET', '/a'), route('GET', '/b')] };
      answer = await sendTo(space, at, 'POST', '/services', JSON.stringify(body));
      const found = await look(body.id);
      expect([0, 2]).toContain(found);
      if (!answer) crashes += 1;
      else expect([answer.status, found]).toEqual([200, 2]);
      const again = await other.send('POST', '/services', body);
      expect(again.status).toBe(found === 0 ? 200 : 409);
      expect(await look(body.id)).toBe(2);
      expect(at).toBeLessThan(12);
    }
    answer = undefined;
    for (let at = 1; !answer; at++) {
      const id = `c${at}`;
      const body = { id: `u${at}`, path: `/u/${at}`, routes: [route('GET', '/a'), route('GET', '/b')] };
      await other.send('POST', '/services', body);
      answer = await sendTo(space, at, 'POST', `/services/${body.id}/routes`, JSON.stringify(route('GET', '/c')));
      const found = await look(body.id);
      expect([2, 3]).toContain(found);
      if (!answer) crashes += 1;
      else expect([answer.status, found]).toEqual([200, 3]);
      expect(await look(id)).toBe(2);
      expect(at).toBeLessThan(12);
    }
    expect(
      crashes,
      'both routes, the commit, two parts and the head; one route, the commit, two parts and the head',
    ).toBe(6 + 5);
    await client.close();
    await other.drain();
  }, 120_000);

  it('leaves a restore that the same call finishes', async () => {
    const source = await startReplica(nats.url, namespace());
    await source.send('POST', '/auth', { id: 'a', authenticationType: 'API_KEY', apiKeys: ['k'] });
    await source.send('POST', '/services', { id: 's', path: '/s', authConfigId: 'a', routes: [route('GET', '/a')] });
    const headers = { 'x-authorization': await source.token() };
    const backup = await (await fetch(`${source.url}/api/gateway/config/backup`, { headers })).text();
    const { body: expected } = await source.send('GET', '/services');
    for (let at = 1, answer: Answer | undefined; !answer; at++) {
      const space = namespace();
      answer = await sendTo(space, at, 'POST', '/restore', backup);
      const other = await startReplica(nats.url, space);
      const sent = await fetch(`${other.url}/api/gateway/config/restore`, {
        method: 'POST',
        headers: { 'x-authorization': await other.token() },
        body: backup,
      });
      expect([at, await read(sent)]).toMatchObject([at, { status: 200 }]);
      expect((await other.send('GET', '/services')).body).toEqual(expected);
      const { dataKeys } = JSON.parse(backup.split('\n')[1] ?? '').value;
      const again = await fetch(`${other.url}/api/gateway/config/backup`, {
        headers: { 'x-authorization': await other.token() },
      });
      expect(JSON.parse((await again.text()).split('\n')[1] ?? '').value.dataKeys).toEqual(dataKeys);
      await other.drain();
      expect(at).toBeLessThan(25);
    }
    await source.drain();
  }, 120_000);
});
