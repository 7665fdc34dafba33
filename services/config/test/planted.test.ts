import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Server, startNats } from '@rostrum/stack';
import { namespace, temporaryDirectory, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinClient } from './client.ts';
import { route, startReplica, takeToken } from './replica.ts';

let dir: string;
let nats: Server;
beforeAll(async () => {
  dir = await temporaryDirectory('planted');
  nats = await startNats({ dir });
});
afterAll(async () => {
  await nats.stop('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

it('secrets are nowhere but in the one answer that shows them', async () => {
  const key = (name: string) => Buffer.concat([Buffer.from(`planted-${name}`), randomBytes(32)]).subarray(0, 32);
  const [masterKey, previous, digestKey] = [key('master'), key('before'), key('digest')].map((each) =>
    each.toString('base64'),
  ) as [string, string, string];
  const secret = 'planted-admin-secret';
  const apiKeys = ['planted-api-key-1', 'planted-api-key-2'];
  const space = namespace();
  const replica = await startReplica(nats.url, space, {
    LOG_LEVEL: 'trace',
    MASTER_KEY: masterKey,
    MASTER_KEY_PREVIOUS: previous,
    DIGEST_KEY: `k1:${digestKey}`,
    ADMIN_KEY_ID: 'admin',
    ADMIN_KEY_SECRET: secret,
  });
  const client = await joinClient(nats.url, space);
  const onBus: string[] = [];
  client.bus.nats.subscribe('>', {
    callback: (_error, message) => void onBus.push(Buffer.from(message.data).toString()),
  });
  const token = await takeToken(replica.url, { keyId: 'admin', keySecret: secret });
  const seen: string[] = [];
  const send = async (method: string, path: string, body?: unknown) => {
    const url = `${replica.url}/api/gateway/config${path}`;
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await (await fetch(url, { method, headers: { 'x-authorization': token }, body: text })).text();
    seen.push(answer);
    return answer;
  };
  // The answer to what sets keys may show them.
  const auth = { id: 'a', authenticationType: 'API_KEY', apiKeys };
  await send('POST', '/auth', auth);
  const { apiKeys: made } = JSON.parse(await send('POST', '/auth', { id: 'made', authenticationType: 'API_KEY' }));
  const applications = '/../../applications';
  const conductor = { keyId: 'c', keySecret: 'planted-conductor-secret' };
  await send('POST', applications, { id: 'app', name: 'app', conductor });
  const accessKey = JSON.parse(await send('POST', `${applications}/app/accessKeys`));
  seen.length = 0;

  await send('GET', `${applications}/app`);
  await send('GET', `${applications}/app/accessKeys`);
  await send('PUT', `${applications}/app`, { name: 'renamed', conductor });
  await send('PUT', `${applications}/app`, { name: 'x', conductor: { ...conductor, [conductor.keySecret.length]: 1 } });
  await send('POST', applications, `{"conductor": {"keySecret": "${conductor.keySecret}"`);
  await send('POST', `${applications}/app/roles/USER`);
  await send('GET', `${applications}/app?secret=${accessKey.secret}`);

  await send('POST', '/auth', { id: 'b', authenticationType: 'NONE', applicationId: 'app' });
  await send('POST', '/services', { id: 's', path: '/s', authConfigId: 'b', routes: [route('GET', '/a')] });
  await send('PUT', '/services/s', { name: 'x' });
  const { revision } = JSON.parse(await send('GET', '/services/s/revisions'))[0];
  await send('POST', '/services/s/rollback', { revision });
  await send('POST', '/auth', auth);
  await send('POST', '/auth', { ...auth, id: 'c', unknown: true, authenticationType: 'planted-api-key-1'.length });
  await send('POST', '/auth', `{"apiKeys": ["${apiKeys[0]}"`);
  await send('GET', `/auth?key=${apiKeys[0]}`);
  await send('GET', '/auth');
  await send('POST', '/secrets/rotate');
  await send('POST', '/restore', await send('GET', '/backup'));
  for (const [keyId, keySecret] of [
    ['admin', secret],
    ['admin', `${secret}x`],
    [accessKey.id, accessKey.secret],
    [accessKey.id, `${accessKey.secret}x`],
  ]) {
    const body = JSON.stringify({ keyId, keySecret });
    const answer = await fetch(`${replica.url}/api/token`, { method: 'POST', body });
    if (answer.status !== 200) seen.push(await answer.text());
  }
  const head = await waitFor(() => client.head('s'));
  const parts = [await client.edge('s', head.revision), await client.execution('s', head.revision)];
  await waitFor(async () => (await send('GET', '/audit')).includes('/api/token'));
  const metrics = await (await fetch(`${replica.service.addresses['ops']}/metrics`)).text();
  await client.close();
  await replica.drain();
  await nats.stop('SIGTERM');

  const places = {
    answers: seen.join('\n'),
    log: JSON.stringify(replica.log),
    bus: onBus.join('\n'),
    revisions: JSON.stringify(parts),
    metrics,
    files: filesIn(dir).join('\n'),
  };
  const secrets = [...apiKeys, ...made, secret, accessKey.secret, masterKey, previous, digestKey, 'planted'];
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, `${place} was looked at`).toBeGreaterThan(20);
    for (const each of secrets) expect(text.includes(each), `${each} in ${place}`).toBe(false);
    for (const each of [masterKey, previous, digestKey]) {
      const raw = Buffer.from(each, 'base64').toString('latin1');
      expect(text.includes(raw), `raw key in ${place}`).toBe(false);
    }
  }
});

/** What stands in the files of JetStream, byte by byte. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
}
