import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namespace, temporaryDirectory, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
let directory: string;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  directory = await temporaryDirectory('apply');
});
afterAll(() => replica.drain());

const script = fileURLToPath(new URL('../src/apply.ts', import.meta.url));

/** Runs the loader on these contents, one file each. */
async function apply(contents: readonly unknown[], env: Record<string, string> = {}) {
  const files = await Promise.all(
    contents.map(async (content, index) => {
      const file = join(directory, `${index}.json`);
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    }),
  );
  const access = { CONFIG_URL: replica.url, ADMIN_KEY_ID: 'admin', ADMIN_KEY_SECRET: 'test-secret' };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const run = execFile(
      process.execPath,
      [script, ...files],
      { env: { ...process.env, ...access, ...env } },
      (_, out, err) => resolve({ code: run.exitCode ?? -1, out, err: err.replaceAll(`${directory}/`, '') }),
    );
  });
}

describe('the loader', () => {
  const cacheConfig = { key: '${workflow.input.id}', ttlInSecond: 300 };
  const content = (name: string) => ({
    authConfigs: [{ id: 'demo', authenticationType: 'API_KEY', apiKeys: ['${ROSTRUM_TEST_KEY}'] }],
    services: [
      { id: 'demo', name, path: '/demo', authConfigId: 'demo', routes: [route('GET', '/a', { cacheConfig })] },
    ],
  });
  const env = { ROSTRUM_TEST_KEY: 'from-the-environment' };

  it('creates, then changes nothing, then changes what differs', async () => {
    const first = await apply([content('One')], env);
    expect(first).toEqual({ code: 0, err: '', out: 'created auth config demo\ncreated service demo\n' });
    const { body } = await replica.send('GET', '/services/demo');
    expect(body.routes[0].cacheConfig.key, 'a key template stays').toBe('${workflow.input.id}');

    const again = await apply([content('One')], env);
    expect(again).toEqual({ code: 0, err: '', out: 'unchanged auth config demo\nunchanged service demo\n' });
    expect((await replica.send('GET', '/services/demo')).body).toEqual(body);

    const changed = await apply([content('Two')], env);
    expect(changed).toMatchObject({ code: 0, out: 'unchanged auth config demo\nchanged service demo\n' });
    const rotated = await apply([content('Two')], { ROSTRUM_TEST_KEY: 'another' });
    expect(rotated).toMatchObject({ code: 0, out: 'changed auth config demo\nunchanged service demo\n' });
  });

  it('shows a generated key once', async () => {
    const file = { authConfigs: [{ id: 'made', authenticationType: 'API_KEY' }] };
    expect((await apply([file])).out).toMatch(/^created auth config made\n {2}its API key, shown once: rk_\S+\n$/);
    expect((await apply([file])).out).toBe('unchanged auth config made\n');
  });

  it('applies nothing of files with faults of their own, and shows all of them', async () => {
    const answer = await apply([
      { services: [{ id: 'x', path: '/${ROSTRUM_MISSING}' }, { path: '/y' }], routes: [] },
      '{"services": [',
      { services: [{ id: 'x', path: '/x' }] },
    ]);
    expect(answer.code).toBe(1);
    expect(answer.out).toBe('');
    expect(answer.err.trim().split('\n')).toEqual([
      '0.json#/services/0/path: the environment variable ROSTRUM_MISSING is not set',
      expect.stringMatching(/^0\.json#\/services\/1\/id: is required/),
      expect.stringMatching(/^0\.json#\/routes: there is no member "routes"/),
      expect.stringMatching(/^1\.json: cannot be read as JSON/),
    ]);
    expect(await replica.send('GET', '/services/x')).toMatchObject({ status: 404 });
    const double = await apply([{ services: [{ id: 'x', path: '/x' }] }, { services: [{ id: 'x', path: '/z' }] }]);
    expect(double).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^1\.json#\/services\/0: the service x stands in 0\.json/),
    });
  });

  it('shows every fault the server finds, and applies the rest', async () => {
    const services = [
      { id: 'bad', path: 'bad', colour: 1 },
      { id: 'fine', path: '/fine' },
    ];
    const answer = await apply([{ services }]);
    expect(answer).toMatchObject({ code: 1, out: 'created service fine\n' });
    expect(answer.err).toMatch(/0\.json#\/services\/0: service bad: \/path: has to start with \//);
    expect(answer.err).toMatch(/0\.json#\/services\/0: service bad: \/colour: there is no member/);
  });

  it('says so when the access key or the address is wrong', async () => {
    const file = { services: [{ id: 'fine', path: '/fine' }] };
    const wrong = await apply([file], { ADMIN_KEY_SECRET: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('its secret is wrong') });
    const nobody = await apply([file], { CONFIG_URL: 'http://127.0.0.1:9' });
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('http://127.0.0.1:9') });
    const absent = await apply([file], { ADMIN_KEY_ID: '' });
    expect(absent).toMatchObject({ code: 1, err: expect.stringContaining('ADMIN_KEY_ID: is required') });
  });
});
