import { Containers } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call } from '../support.ts';
import { logsOnFailure } from './support.ts';

/** What config and the ingresses know of who calls, though all calls come through one door. */

let gateway: Containers;
/** A container on the balancer's network: a client with an address of its own. */
let other: string;
let otherAddress: string;
beforeAll(async () => {
  gateway = await Containers.start();
  [other = ''] = await gateway.names('ingress');
  otherAddress = await addressOf(other);
  // Before its address is held up.
  await gateway.admin.token();
});
afterAll(() => gateway?.stop());
beforeEach(() => logsOnFailure(() => gateway));

async function addressOf(container: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${gateway.network('edge')}").IPAddress}}`;
  return (await gateway.docker('inspect', '--format', format, container)).trim();
}

/** A failed login, and for how long (s) it is held up. */
async function heldUp(keyId: string, more: Record<string, string> = {}): Promise<number> {
  const body = JSON.stringify({ keyId, keySecret: 'wrong' });
  const headers = { 'content-type': 'application/json', ...more };
  const answer = await fetch(`${gateway.configUrl}/api/token`, { method: 'POST', headers, body });
  return Number(answer.headers.get('retry-after') ?? 0);
}

/** The status of a failed login of the other client. */
async function loginElsewhere(keyId: string): Promise<number> {
  const body = JSON.stringify({ keyId, keySecret: 'wrong' });
  const script = `const answer = await fetch('http://balancer:7081/api/token', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} });
    console.log(answer.status)`;
  return Number(await gateway.docker('exec', other, 'node', '--input-type=module', '--eval', script));
}

interface Entry {
  address: string;
  path: string;
}

describe('the admin API behind the balancer', () => {
  it('holds up who fails to log in, and nobody else', async () => {
    // Longer than the other client takes.
    await expect.poll(() => heldUp('nobody'), { interval: 50, timeout: 30_000 }).toBeGreaterThan(4);
    expect(await loginElsewhere('somebody')).toBe(401);
  });

  it('notes the address of the caller, not the balancer’s, nor what it says it is', async () => {
    const read = async () => {
      const response = await gateway.admin.fetch('/api/gateway/config/audit?limit=1000');
      return ((await response.json()) as { entries: Entry[] }).entries;
    };
    await heldUp('noted', { 'x-forwarded-for': '203.0.113.9' });
    await loginElsewhere('noted');
    await expect.poll(async () => (await read()).map(({ address }) => address)).toContain(otherAddress);
    const [balancer = ''] = await gateway.names('balancer');
    const addresses = new Set((await read()).map(({ address }) => address));
    expect(addresses).not.toContain(await addressOf(balancer));
    expect(addresses).not.toContain('203.0.113.9');
  });
});

describe('the gateway behind the balancer', () => {
  const headers = (key: string) => ({ 'x-api-key': key, 'x-forwarded-for': '203.0.113.9' });
  const ours = async (key: string) =>
    (await call(gateway, 'POST', '/api/feedback/1', { key: null, body: {}, headers: headers(key) })).status;
  /** The same of the other client. */
  const theirs = async (key: string) => {
    const how = { method: 'POST', body: '{}', headers: { ...headers(key), 'content-type': 'application/json' } };
    const script = `const answer = await fetch('http://balancer:7080/api/feedback/1', ${JSON.stringify(how)});
      console.log(answer.status)`;
    return Number(await gateway.docker('exec', other, 'node', '--input-type=module', '--eval', script));
  };

  it('tells who sends wrong keys to wait, and nobody else', async () => {
    let sent = 0;
    await expect.poll(() => ours(`wrong-${++sent}`), { interval: 1, timeout: 30_000 }).toBe(429);
    expect(sent).toBe(61);
    expect(await theirs('wrong')).toBe(401);
    expect(await ours(gateway.apiKey), 'a valid key').not.toBe(429);
  });

  it('logs the address of the caller, not the balancer’s, nor what it says it is', async () => {
    await theirs('logged');
    const lines = async () => (await gateway.docker('logs', other)).split('\n');
    await expect
      .poll(async () => (await lines()).some((line) => line.includes(`"address":"${otherAddress}"`)))
      .toBe(true);
    const [balancer = ''] = await gateway.names('balancer');
    const wrong = ['203.0.113.9', await addressOf(balancer)].map((address) => `"address":"${address}"`);
    expect((await lines()).filter((line) => wrong.some((each) => line.includes(each)))).toEqual([]);
  });
});
