import { type Bus, BusError } from '@rostrum/shared/bus';
import { subjects } from '@rostrum/shared/subjects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConductor } from '../src/conductor/client.ts';
import { followCredentials } from '../src/conductor/credentials.ts';
import { settingsSchema } from '../src/config.ts';
import type { Conductor } from '../src/domain/conductor.ts';
import { json, stubConductor, text } from './stub-conductor.ts';

/** Conductor is a stub that knows a token for each key; config is one that answers, or is away. */
let stub: Awaited<ReturnType<typeof stubConductor>>;
let conductor: Conductor;
let known: Record<string, { keyId: string; keySecret: string } | null>;
let asked: string[];
let away: boolean;

beforeEach(async () => {
  stub = await stubConductor();
  stub.on('POST /api/token', (response, request, body) => {
    const { keyId, keySecret } = JSON.parse(body) as { keyId: string; keySecret: string };
    json({ token: `token of ${keyId}/${keySecret}` })(response, request, body);
  });
  stub.on('POST /api/workflow', text('id'));
  [known, asked, away] = [{}, [], false];
  const bus = {
    subjects: subjects('ns'),
    async request(subject: string, payload: Uint8Array) {
      if (away) throw new BusError('no-responders', 'away');
      const { application } = JSON.parse(Buffer.from(payload).toString()) as { application: string };
      asked.push(`${subject} ${application}`);
      return Buffer.from(JSON.stringify(known[application] ?? null));
    },
  } as unknown as Bus;
  const settings = settingsSchema.parse({
    ...{ CONDUCTOR_SERVER_URL: stub.url, CONDUCTOR_AUTH_KEY: 'own', CONDUCTOR_AUTH_SECRET: 'o' },
  });
  conductor = createConductor(settings, { onCall() {}, onBreaker() {}, onFull() {} }, followCredentials(bus));
});
afterEach(async () => {
  await conductor.close();
  await stub.close();
});

const start = (application?: string, credentials?: string) =>
  conductor.start(
    { name: 'w', input: '{}', correlationId: 'c', traceparent: '' },
    { lane: 'start', share: 's', withinMs: 2_000, as: { application, credentials } },
  );
const used = () => stub.calls.filter(({ path }) => path === '/api/workflow').map(({ token }) => token);

describe('an application’s credentials', () => {
  it('are asked for once, and each start carries its own application’s token', async () => {
    known = { a: { keyId: 'a', keySecret: '1' }, b: { keyId: 'b', keySecret: '2' } };
    await Promise.all([start('a', 'x'), start('b', 'x'), start('a', 'x'), start('b', 'x'), start()]);
    const twice = ['token of a/1', 'token of a/1', 'token of b/2', 'token of b/2'];
    expect(used().map(String).sort()).toEqual([...twice, 'token of own/o']);
    expect(asked.sort()).toEqual(['ns.config.credentials a', 'ns.config.credentials b']);
  });

  it('are the gateway’s own where it has none, without asking', async () => {
    await start('a');
    expect([used(), asked]).toEqual([['token of own/o'], []]);
  });

  it('are asked for again when they have another name; what began before goes on with its token', async () => {
    known = { a: { keyId: 'a', keySecret: '1' } };
    await start('a', 'first');
    known = { a: { keyId: 'a', keySecret: '2' } };
    await start('a', 'second');
    await start('a', 'first');
    expect(used()).toEqual(['token of a/1', 'token of a/2', 'token of a/1']);
  });

  it('are asked for again when Conductor refuses the token', async () => {
    known = { a: { keyId: 'a', keySecret: '1' } };
    await start('a', 'x');
    known = { a: { keyId: 'a', keySecret: '2' } };
    stub.on('POST /api/workflow', (response, { headers }) => {
      response.writeHead(headers['x-authorization'] === 'token of a/2' ? 200 : 401).end('id');
    });
    expect(await start('a', 'x')).toBe('id');
  });

  it('are remembered for when config is away', async () => {
    known = { a: { keyId: 'a', keySecret: '1' } };
    await start('a', 'x');
    away = true;
    expect(await start('a', 'y')).toBe('id');
    expect(used()).toEqual(['token of a/1', 'token of a/1']);
  });

  it('that were never known keep the call from being made, and say nothing about Conductor', async () => {
    away = true;
    for (let n = 0; n < 10; n++) {
      await expect(start('a', 'x')).rejects.toMatchObject({
        fault: 'no-credentials',
        notDone: true,
        serverAway: false,
      });
    }
    expect(await start()).toBe('id');
    expect(used()).toEqual(['token of own/o']);
  });
});
