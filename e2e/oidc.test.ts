import { type Gateway, startGateway, startIssuer, type TestIssuer, waitFor } from '@rostrum/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, call } from './support.ts';
import { type TokenConductor, tokenConductor } from './token-conductor.ts';

/** Callers with tokens of a real issuer, on a Conductor that wants tokens and takes some of theirs. */
const audience = 'https://orders.example';
let issuer: TestIssuer;
let conductor: TokenConductor;
let gateway: Gateway;
const seen: string[] = [];
beforeAll(async () => {
  [issuer, conductor] = await Promise.all([startIssuer(), tokenConductor()]);
  conductor.keys.set('gateway', 'secret');
  gateway = await startGateway({
    conductor: { url: conductor.url, keyId: 'gateway', keySecret: 'secret' },
    env: {
      all: { LOG_LEVEL: 'trace' },
      ingress: { OIDC_FLOOR_MS: '1', AUTH_FAILURES_PER_ADDRESS: '1000', AUTH_FAILURES_PER_CREDENTIAL: '5' },
    },
  });
  const flags = { passthrough: true, fallbackToDefaultAuth: false };
  await service('checked', {});
  await service('passed', flags);
  await service('fallback', { ...flags, fallbackToDefaultAuth: true });
  await service('told', { tokenInWorkflowInput: true });
});
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([conductor?.close(), issuer?.stop()]);
});

async function service(id: string, more: object): Promise<void> {
  const auth = { id, authenticationType: 'OIDC', issuerUri: issuer.uri, audience, ...more };
  await admin(gateway, 'POST', '/auth', auth);
  const routes = [
    { httpMethod: 'POST', path: '/', mappedWorkflow: { name: id } },
    {
      ...{ httpMethod: 'GET', path: '/cached', mappedWorkflow: { name: id } },
      cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 300 },
    },
  ];
  await admin(gateway, 'POST', '/services', { id, path: `/${id}`, authConfigId: id, routes });
  await waitFor(async () => (await call(gateway, 'OPTIONS', `/${id}`)).status === 204);
}

async function tokenOf(client: string): Promise<string> {
  const token = await issuer.token(audience, client);
  seen.push(token);
  return token;
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = (id: string, token: string | undefined, more: Record<string, string> = {}, body: unknown = { a: 1 }) =>
  call(gateway, 'POST', `/${id}`, {
    key: null,
    body,
    headers: { ...(token === undefined ? {} : bearer(token)), ...more },
  });

describe('a caller with a token', () => {
  it('gets in; anybody else is told what to bring, and little of what was wrong', async () => {
    expect(await post('checked', await tokenOf('ann'))).toMatchObject({ status: 200, body: { by: 'gateway' } });
    const nothing = await post('checked', undefined);
    expect([nothing.status, nothing.headers['www-authenticate']]).toEqual([401, 'Bearer realm="rostrum"']);
    const other = await issuer.token('https://invoices.example');
    const elsewhere = await post('checked', other);
    expect([elsewhere.status, elsewhere.headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="rostrum", error="invalid_token", error_description="The token is not for this service."',
    ]);
    const garbage = await post('checked', 'a.b.c');
    expect(garbage.headers['www-authenticate']).toMatch(/error_description="The token is not valid here\."$/);
    expect(JSON.stringify([elsewhere, garbage])).not.toContain(other);
    const key = await call(gateway, 'POST', '/checked', { body: {}, headers: bearer(await tokenOf('ann')) });
    expect(key.status, 'an API key beside it does not matter').toBe(200);
  });

  it('starts the workflow as itself with passthrough, where Conductor takes its token', async () => {
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')];
    conductor.callers.set(ann, 'ann');
    expect(await post('passed', ann)).toMatchObject({ status: 200, body: { by: 'gateway' } });
    expect(conductor.starts.at(-1)).toMatchObject({ workflow: 'passed', keyId: 'ann' });
    expect(await post('passed', bob), 'Conductor does not know it').toMatchObject({ status: 502 });
  });

  it('with a fallback starts it as the gateway, where Conductor does not take its token', async () => {
    const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')];
    conductor.callers.set(ann, 'ann');
    expect((await post('fallback', ann)).status).toBe(200);
    expect(conductor.starts.at(-1)).toMatchObject({ workflow: 'fallback', keyId: 'ann' });
    expect((await post('fallback', bob)).status).toBe(200);
    expect(conductor.starts.at(-1)).toMatchObject({ workflow: 'fallback', keyId: 'gateway' });
  });

  it('is told to the workflow where the service says so, and nobody else can say so', async () => {
    const ann = await tokenOf('ann');
    expect((await post('told', ann, {}, { a: 1, __api_gw_auth: { subject: 'root' } })).status).toBe(200);
    expect(conductor.starts.at(-1)?.input).toMatchObject({
      a: 1,
      __api_gw_auth: { subject: 'ann', issuer: issuer.uri, token: ann, claims: { sub: 'ann', aud: audience } },
    });
    await post('checked', ann, {}, { __api_gw_auth: { subject: 'root' } });
    expect(conductor.starts.at(-1)?.input).not.toHaveProperty('__api_gw_auth');
  });
});

describe('another token of the same caller', () => {
  it('repeats a request with an Idempotency-Key', async () => {
    const key = { 'idempotency-key': '"once"' };
    const [first, second, other] = [await tokenOf('ann'), await tokenOf('ann'), await tokenOf('bob')];
    expect(first).not.toBe(second);
    for (const id of ['checked', 'told']) {
      expect((await post(id, first, key)).headers).not.toHaveProperty('idempotency-replayed');
      expect((await post(id, second, key)).headers).toMatchObject({ 'idempotency-replayed': 'true' });
      expect((await post(id, other, key)).headers).not.toHaveProperty('idempotency-replayed');
    }
  });

  it('finds the same kept answers, which are the caller’s own where the workflow sees who calls', async () => {
    const status = async (id: string, client: string) =>
      (await call(gateway, 'GET', `/${id}/cached?id=1`, { key: null, headers: bearer(await tokenOf(client)) })).headers[
        'cache-status'
      ];
    for (const [id, shared] of [
      ['checked', true],
      ['told', false],
    ] as const) {
      expect(await status(id, 'ann')).toMatch(/fwd=miss/);
      await expect.poll(() => status(id, 'ann')).toMatch(/hit/);
      if (shared) expect(await status(id, 'bob')).toMatch(/hit/);
      else expect(await status(id, 'bob')).toMatch(/fwd=miss/);
    }
  });

  it('sees executions that were left with their id; others do not', async () => {
    const left = await post('checked', await tokenOf('ann'), { prefer: 'respond-async' });
    expect(left.status).toBe(202);
    const look = async (client: string) =>
      (
        await call(gateway, 'GET', left.headers.location as string, {
          key: null,
          headers: bearer(await tokenOf(client)),
        })
      ).status;
    expect(await look('ann')).toBe(200);
    expect(await look('bob')).toBe(404);
  });
});

describe('the issuer', () => {
  it('changes its key: new tokens get in at once, old ones no more', async () => {
    const old = await tokenOf('ann');
    expect((await post('checked', old)).status).toBe(200);
    await issuer.rotate();
    expect((await post('checked', await tokenOf('ann'))).status).toBe(200);
    await waitFor(async () => (await post('checked', old)).status === 401, { what: 'its old key to be gone' });
  });

  it('goes away: those it has signed for still get in; where nothing is known it is a 503', async () => {
    const token = await tokenOf('ann');
    await issuer.stop();
    try {
      expect((await post('checked', token)).status).toBe(200);
      const auth = { id: 'gone', authenticationType: 'OIDC', issuerUri: 'http://127.0.0.1:1', audience };
      await admin(gateway, 'POST', '/auth', auth);
      const routes = [{ httpMethod: 'POST', path: '/', mappedWorkflow: { name: 'gone' } }];
      await admin(gateway, 'POST', '/services', { id: 'gone', path: '/gone', authConfigId: 'gone', routes });
      await waitFor(async () => (await call(gateway, 'OPTIONS', '/gone')).status === 204);
      const answer = await post('gone', token);
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    } finally {
      await issuer.start();
    }
  });
});

it('who fails again and again is told to wait', async () => {
  const token = await issuer.sign({ iss: issuer.uri, aud: audience, sub: 'ann', exp: 1 });
  const answers = [];
  for (let n = 0; n < 7; n++) answers.push(await post('checked', token));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 429]);
  expect(answers.at(-1)).toMatchObject({
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    body: { type: expect.stringMatching(/too-many-attempts$/) },
  });
  expect((await post('checked', await tokenOf('ann'))).status, 'others at the same address').toBe(200);
});

it('no token, and nobody’s name, is in a log, a metric, Redis or the configuration', async () => {
  const { services, nats } = gateway.stack;
  const all = Object.values(services).flat();
  const lines = [...all, nats].flatMap((each) => each?.lines ?? []);
  const metrics = await Promise.all(all.map(async ({ ready }) => (await fetch(`${ready.ops}/metrics`)).text()));
  const redis = new Redis(gateway.stack.around.redisUrl);
  const stored: string[] = [];
  for (const key of await redis.keys('*')) stored.push(key, await valueOf(redis, key));
  redis.disconnect();
  expect([lines.length > 50, metrics.join('').length > 1_000, stored.length > 4]).toEqual([true, true, true]);
  const everything = [...lines, ...metrics, ...stored].join('\n');
  // Any part of a token that says something: its claims, its signature.
  const parts = seen.flatMap((token) => token.split('.').slice(1));
  expect(parts.filter((part) => everything.includes(part))).toEqual([]);
  expect(everything).not.toMatch(/"sub":|"ann"/);
});

/** What is under a key, as it was put there: a dump would have it compressed. */
async function valueOf(redis: Redis, key: string): Promise<string> {
  const by: Record<string, (() => Promise<unknown>) | undefined> = {
    string: async () => (await redis.getBuffer(key))?.toString('latin1'),
    hash: () => redis.hgetall(key),
    zset: () => redis.zrange(key, '0', '-1'),
  };
  const type = await redis.type(key);
  if (!by[type]) throw new Error(`${key} is a ${type}, which nobody reads here`);
  return JSON.stringify(await by[type]());
}
