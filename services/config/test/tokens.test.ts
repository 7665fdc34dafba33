import { hkdfSync, randomBytes } from 'node:crypto';
import { namespace, useNats } from '@rostrum/testkit';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf, askForToken, makeAccount } from './api.ts';
import { type Replica, route, startReplica, takeToken } from './replica.ts';

const nats = useNats();
const space = namespace();
const masterKey = randomBytes(32);
const env = { MASTER_KEY: masterKey.toString('base64') };
let one: Replica;
let two: Replica;
beforeAll(async () => {
  [one, two] = await Promise.all([startReplica(nats.url, space, env), startReplica(nats.url, space, env)]);
});
afterAll(() => Promise.all([one.drain(), two.drain()]));

const services = '/gateway/config/services';
const invalid = { status: 401, body: { error: 'INVALID_TOKEN' } };

describe('a token of an access key', () => {
  it('is good on every replica, from the moment the key is there', async () => {
    for (let round = 0; round < 5; round++) {
      const { key, id } = await makeAccount(one, 'USER');
      const token = await takeToken(two.url, key);
      expect(decodeJwt(token)).toMatchObject({ sub: key.keyId, iss: space });
      expect(await apiOf(one, token)('GET', services)).toMatchObject({ status: 200 });
      expect(await apiOf(two)('DELETE', `/applications/${id}`)).toMatchObject({ status: 200 });
    }
  });

  it('is good no more when the key is INACTIVE or deleted, or its application is', async () => {
    const { id, key, token, api } = await makeAccount(one, 'USER');
    const admin = apiOf(one);
    const keys = `/applications/${id}/accessKeys`;
    expect(await api('GET', services)).toMatchObject({ status: 200 });
    await admin('POST', `${keys}/${key.keyId}/status`);
    expect(await api('GET', services)).toMatchObject(invalid);
    expect(await askForToken(one.url, key.keyId, key.keySecret)).toMatchObject({ status: 401 });
    await expect.poll(() => apiOf(two, token)('GET', services)).toMatchObject(invalid);
    await admin('POST', `${keys}/${key.keyId}/status`);
    expect(await api('GET', services)).toMatchObject({ status: 200 });
    await admin('DELETE', `${keys}/${key.keyId}`);
    expect(await api('GET', services)).toMatchObject(invalid);

    const other = await makeAccount(one, 'USER');
    await admin('DELETE', `/applications/${other.id}`);
    expect(await other.api('GET', services)).toMatchObject(invalid);
  });

  it('changes nothing at another replica once the key is revoked at this one', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, key, token } = await makeAccount(one, 'METADATA_MANAGER');
      const base = `revoked-${round}`;
      await apiOf(one)('POST', services, { id: base, path: `/${base}` });
      expect(await apiOf(two, token)('GET', services)).toMatchObject({ status: 200 });
      const added: Promise<{ status: number }>[] = [];
      const revoked = apiOf(one)('POST', `/applications/${id}/accessKeys/${key.keyId}/status`);
      for (let n = 0; n < 5; n++) {
        added.push(apiOf(two, token)('POST', `${services}/${base}/routes`, route('GET', `/during/${n}`)));
      }
      expect(await revoked).toMatchObject({ body: { status: 'INACTIVE' } });
      const after = await apiOf(two, token)('POST', `${services}/${base}/routes`, route('GET', '/after'));
      expect(after).toMatchObject(invalid);
      for (const { status } of await Promise.all(added)) expect([200, 401]).toContain(status);
    }
  });
});

describe('signing keys', () => {
  it('are rotated without a restart: old tokens verify until they expire, new ones everywhere at once', async () => {
    const { key, token } = await makeAccount(one, 'USER');
    const rotated = await apiOf(one)('POST', '/gateway/config/signing-keys/rotate');
    expect(rotated.status).toBe(200);
    const ids = rotated.body.keys.map(({ id }: { id: string }) => id);
    expect(ids.at(-2)).toBe(decodeProtectedHeader(token).kid);
    expect(rotated.body.keys.at(-2).verifiesUntil).toBeGreaterThan(Date.now() + 3_600_000);
    const renewed = await takeToken(one.url, key);
    expect(decodeProtectedHeader(renewed).kid).toBe(ids.at(-1));
    for (const replica of [two, one]) {
      for (const each of [renewed, token]) {
        expect(await apiOf(replica, each)('GET', services)).toMatchObject({ status: 200 });
      }
    }
    expect(Object.keys(rotated.body.keys.at(-1)).sort()).toEqual(['createdAt', 'id']);
  });

  it('of nobody are not believed, whatever the token says of itself', async () => {
    const secret = new Uint8Array(randomBytes(32));
    const claims = (kid: string | undefined) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'HS256', ...(kid === undefined ? {} : { kid }) })
        .setSubject('admin')
        .setIssuer(space)
        .setExpirationTime('1 h');
    const real = decodeProtectedHeader(await one.token()).kid;
    for (const kid of [undefined, 'unknown', real]) {
      expect(await apiOf(one, await claims(kid).sign(secret))('GET', services)).toMatchObject(invalid);
    }
    const [head, body] = (await one.token()).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const each of [`${none}.${body}.`, `${head}.${body}.`, 'x', 'a.b.c', `${head}.${body}`]) {
      expect([each, await apiOf(one, each)('GET', services)]).toMatchObject([each, invalid]);
    }
  });

  it('of the release before, which derived its own, are believed for the first admin alone', async () => {
    const derived = new Uint8Array(hkdfSync('sha256', masterKey, '', 'rostrum admin token', 32));
    const { key } = await makeAccount(one, 'ADMIN');
    const old = (keyId: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(space)
        .setSubject(keyId)
        .setExpirationTime('1 h')
        .sign(derived);
    // Until when they are is kept, whatever is rotated.
    for (const what of ['secrets', 'signing-keys']) {
      expect(await apiOf(one)('POST', `/gateway/config/${what}/rotate`)).toMatchObject({ status: 200 });
    }
    expect(await apiOf(one, await old('admin'))('GET', services)).toMatchObject({ status: 200 });
    expect(await apiOf(one, await old(key.keyId))('GET', services)).toMatchObject(invalid);
  });

  it('survive a restart; another secret of the first admin ends its tokens', async () => {
    const name = namespace();
    const first = await startReplica(nats.url, name, env);
    const token = await first.token();
    await first.drain();
    const again = await startReplica(nats.url, name, env);
    expect(await apiOf(again, token)('GET', services)).toMatchObject({ status: 200 });
    await again.drain();
    const changed = await startReplica(nats.url, name, { ...env, ADMIN_KEY_SECRET: 'another' });
    expect(await apiOf(changed, token)('GET', services)).toMatchObject(invalid);
    await changed.drain();
  });
});

describe('guessing', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address });

  it('is answered 429 with Retry-After after some failures, and is then slower each time', async () => {
    const guessed = await startReplica(nats.url, namespace());
    const guess = () => askForToken(guessed.url, 'nobody', 'wrong');
    const answers = await Promise.all(Array.from({ length: 20 }, guess));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(refused).toHaveLength(15);
    expect(refused[0]).toMatchObject({
      retryAfter: '1',
      body: { code: 'too-many-attempts', retryAfter: 1, detail: expect.stringMatching(/1 s/) },
    });
    await expect.poll(async () => (await guess()).status, { timeout: 5_000 }).toBe(401);
    expect(await guess()).toMatchObject({ status: 429, retryAfter: '2' });
    // The address in a header that nobody is trusted to set changes nothing.
    expect(await askForToken(guessed.url, 'nobody', 'wrong', from('192.0.2.1'))).toMatchObject({ status: 429 });
    await guessed.drain();
  });

  it('at somebody’s key does not lock out who knows its secret', async () => {
    const behind = await startReplica(nats.url, namespace(), { TRUSTED_PROXIES: '127.0.0.0/8, ::1' });
    const { key } = await makeAccount(behind, 'USER');
    const take = (address: string, secret = key.keySecret) => askForToken(behind.url, key.keyId, secret, from(address));
    expect(await take('192.0.2.1')).toMatchObject({ status: 200 });
    for (let n = 0; n < 12; n++) await take(`198.51.100.${n}`, 'wrong');
    expect(await take('198.51.100.99', 'wrong'), 'from wherever').toMatchObject({ status: 429 });
    expect(await take('192.0.2.1'), 'it was right from there before').toMatchObject({ status: 200 });
    await expect.poll(async () => (await take('203.0.113.5')).status, { timeout: 9_000, interval: 200 }).toBe(200);
    expect(JSON.stringify(behind.log)).not.toContain(key.keySecret);
    await behind.drain();
  });
});
