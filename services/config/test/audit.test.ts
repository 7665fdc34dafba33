import { once } from 'node:events';
import { connect } from 'node:net';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { joinClient } from './client.ts';
import { type Replica, startReplica } from './replica.ts';

const nats = useNats();

const entriesOf = async (replica: Replica, query = '') =>
  (await replica.send('GET', `/audit${query}`)).body.entries as Record<string, unknown>[];

describe('the audit log', () => {
  it('has every call with who, from where, what and what became of it, on every replica', async () => {
    const space = namespace();
    const [one, two] = await Promise.all([startReplica(nats.url, space), startReplica(nats.url, space)]);
    const begun = Date.now();
    await one.send('POST', '/services', { id: 's', path: '/s' });
    await one.send('POST', '/services', { id: 's', path: '/s' });
    await one.send('GET', '/services?token=planted-in-query');
    await fetch(`${one.url}/api/gateway/config/services`);
    for (const keyId of ['admin', 'planted-as-id']) {
      await fetch(`${one.url}/api/token`, { method: 'POST', body: JSON.stringify({ keyId, keySecret: 'wrong' }) });
    }
    const entries = await waitFor(async () => {
      const found = await entriesOf(two);
      return found.length >= 7 ? found : undefined;
    });
    const ours = entries.filter(({ path, outcome }) => path !== '/api/token' || outcome !== 'done').toReversed();
    expect(ours.slice(0, 6)).toMatchObject([
      { principal: 'admin', method: 'POST', path: '/api/gateway/config/services', status: 200, outcome: 'done' },
      { principal: 'admin', status: 409, outcome: 'refused', address: '127.0.0.1' },
      { principal: 'admin', method: 'GET', path: '/api/gateway/config/services?token=…', outcome: 'done' },
      { status: 401, outcome: 'denied' },
      { principal: 'admin', path: '/api/token', outcome: 'denied' },
      { path: '/api/token', outcome: 'denied' },
    ]);
    expect(ours[5]).not.toHaveProperty('principal');
    expect(JSON.stringify(entries)).not.toContain('planted');
    expect(ours[0]?.['time']).toBeGreaterThanOrEqual(begun);
    expect(await entriesOf(one, `?until=${begun - 60_000}`)).toEqual([]);
    const first = (await one.send('GET', '/audit?limit=2')).body;
    const second = await entriesOf(one, `?limit=2&cursor=${first.next}`);
    expect(Number(second[0]?.['id'])).toBe(Number(first.entries[1].id) - 1);
    expect(await entriesOf(one, '?since=0&limit=1')).toHaveLength(1);
    expect(await one.send('GET', '/audit?limit=x')).toMatchObject({ status: 400 });
    expect(await one.send('GET', '/audit?cursor=0')).toMatchObject({ status: 400 });
    await Promise.all([one.drain(), two.drain()]);
  });

  it('has what became of a call whose caller hung up before the answer, and so has the log', async () => {
    const replica = await startReplica(nats.url, namespace());
    const { hostname, port } = new URL(replica.url);
    const body = JSON.stringify({ id: 's', path: '/s' });
    const head = `POST /api/gateway/config/services HTTP/1.1\r\nhost: x\r\nx-authorization: ${await replica.token()}`;
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const { pid } = nats;
    if (pid === undefined) throw new Error('NATS runs');
    process.kill(pid, 'SIGSTOP');
    try {
      socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      // The call has begun when others that came after it have been answered; it waits for NATS.
      for (let count = 0; count < 5; count++) await replica.send('GET', '/services');
      socket.end();
      await once(socket, 'close');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const isIt = ({ method, path }: Record<string, unknown>) =>
      method === 'POST' && path === '/api/gateway/config/services';
    const entry = await waitFor(async () => (await entriesOf(replica)).find(isIt));
    expect(entry).toMatchObject({ principal: 'admin', address: '127.0.0.1', status: 200, outcome: 'done', cut: true });
    expect((await replica.send('GET', '/services/s')).status).toBe(200);
    const { log } = replica;
    expect(log.filter(({ msg, method }) => msg === 'admin request' && method === 'POST')).toContainEqual(
      expect.objectContaining({ status: 200, caller: 'admin', cut: true }),
    );
    await replica.drain();
  });

  it('counts calls without a token beyond the first of a minute, and keeps those of administrators', async () => {
    const space = namespace();
    const [one, two] = await Promise.all([startReplica(nats.url, space), startReplica(nats.url, space)]);
    for (let count = 0; count < 30; count++) await fetch(`${one.url}/api/gateway/config/services/${count}`);
    for (let count = 0; count < 30; count++) await one.send('GET', `/services/${count}`);
    await one.drain();
    const entries = await entriesOf(two, '?limit=1000');
    const of = (status: number) => entries.filter((each) => each['status'] === status);
    expect(of(404)).toHaveLength(30);
    expect(of(401)).toHaveLength(6);
    expect(of(401)[0]).toMatchObject({ repeats: 25, path: '/api/gateway/config/services/29' });
    await two.drain();
  });

  it('names the key of a failed login also when it is INACTIVE', async () => {
    const replica = await startReplica(nats.url, namespace());
    const api = async (path: string) => {
      const headers = { 'x-authorization': await replica.token() };
      const body = JSON.stringify({ name: 'a' });
      return (await fetch(`${replica.url}/api${path}`, { method: 'POST', headers, body })).json();
    };
    const application = (await api('/applications')) as { id: string };
    const key = (await api(`/applications/${application.id}/accessKeys`)) as { id: string; secret: string };
    await api(`/applications/${application.id}/accessKeys/${key.id}/status`);
    const login = { method: 'POST', body: JSON.stringify({ keyId: key.id, keySecret: key.secret }) };
    expect((await fetch(`${replica.url}/api/token`, login)).status).toBe(401);
    const denied = await waitFor(async () => (await entriesOf(replica)).find(({ outcome }) => outcome === 'denied'));
    expect(denied).toMatchObject({ path: '/api/token', principal: key.id });
    await replica.drain();
  });

  it('slows nobody down while NATS is away, and has those calls when it is back', async () => {
    const space = namespace();
    const replica = await startReplica(nats.url, space);
    await replica.send('POST', '/services', { id: 's', path: '/s' });
    await nats.stop('SIGKILL');
    await waitFor(async () => (await replica.send('PUT', '/services/s', {})).status === 503);
    // Whoever waited for the log would wait for ever: NATS comes back after this.
    for (let count = 0; count < 20; count++) expect((await replica.send('GET', '/services/s')).status).toBe(200);
    await waitFor(() => replica.log.some(({ msg }) => /audit log cannot be written/.test(String(msg))));
    await nats.start();
    await waitFor(async () => {
      const entries = await entriesOf(replica, '?limit=1000').catch(() => undefined);
      return (
        entries?.filter(({ path, method }) => method === 'GET' && path === '/api/gateway/config/services/s').length ===
        20
      );
    });
    await replica.drain();
  });

  it('has the limits of the settings, which may change', async () => {
    const space = namespace();
    const limits = async () => {
      const client = await joinClient(nats.url, space);
      const { config } = await (await jetstreamManager(client.bus.nats)).streams.info(`${space}-audit`);
      await client.close();
      return [config.max_age / 1e6, config.max_bytes];
    };
    for (const [keep, bytes] of [
      [60_000, 100_000],
      [70_000, 200_000],
    ]) {
      const replica = await startReplica(nats.url, space, { AUDIT_KEEP_MS: `${keep}`, AUDIT_MAX_BYTES: `${bytes}` });
      await replica.send('GET', '/services');
      await waitFor(async () => (await entriesOf(replica)).length > 0);
      expect(await limits()).toEqual([keep, bytes]);
      await replica.drain();
    }
  });
});
