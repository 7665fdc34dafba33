import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namespace, temporaryDirectory, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
let directory: string;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  directory = await temporaryDirectory('cli');
});
afterAll(() => replica.drain());

const script = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

async function write(name: string, content: unknown): Promise<string> {
  const file = join(directory, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** Runs the command line with the rights of the first admin. */
async function rostrum(args: readonly string[], env: Record<string, string> = {}, input = '') {
  const access = { ROSTRUM_SERVER: replica.url, ROSTRUM_KEY_ID: 'admin', ROSTRUM_KEY_SECRET: 'test-secret' };
  const { NO_COLOR: _, FORCE_COLOR: __, ...own } = process.env;
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const run = execFile(
      process.execPath,
      [script, ...args],
      { cwd: directory, env: { ...own, XDG_CONFIG_HOME: directory, ...access, ...env } },
      (_error, out, err) => resolve({ code: run.exitCode ?? -1, out, err: err.replaceAll(`${directory}/`, '') }),
    );
    run.stdin?.end(input);
  });
}

/** Applies these contents, one file each. */
async function apply(contents: readonly unknown[], env: Record<string, string> = {}, ...more: string[]) {
  const files = await Promise.all(contents.map((content, index) => write(`${index}.json`, content)));
  return rostrum(['apply', ...files, ...more], env);
}

describe('apply', () => {
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
    expect(answer).toMatchObject({ code: 1, out: '' });
    expect(answer.err).toMatch(/^0\.json:1:\d+: the environment variable ROSTRUM_MISSING is not set$/m);
    expect(answer.err).toMatch(/^0\.json:1:\d+: there is no member "routes"/m);
    expect(answer.err).toMatch(/^1\.json:1:\d+: cannot be read: /m);
    expect(answer.err).toMatch(/^2\.json:1:\d+: the service x stands in 0\.json:1:\d+ too/m);
    expect(await replica.send('GET', '/services/x')).toMatchObject({ status: 404 });
  });

  it('shows every fault the server finds, and applies the rest', async () => {
    await replica.send('POST', '/services', { id: 'owner', path: '/taken' });
    const services = [
      { id: 'bad', path: '/taken' },
      { id: 'fine', path: '/fine' },
    ];
    const answer = await apply([{ services }]);
    expect(answer).toMatchObject({ code: 1, out: 'created service fine\n' });
    expect(answer.err).toMatch(
      /0\.json:1:\d+: service bad: \/path: the base path \/taken belongs to the service owner/,
    );
  });

  it('says so when the access key or the address is wrong', async () => {
    const file = { services: [{ id: 'fine', path: '/fine' }] };
    const wrong = await apply([file], { ROSTRUM_KEY_SECRET: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('its secret is wrong') });
    const nobody = await apply([file], { ROSTRUM_SERVER: 'http://127.0.0.1:9' });
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('http://127.0.0.1:9') });
    const absent = await apply([file], { ROSTRUM_KEY_ID: '' });
    expect(absent).toMatchObject({ code: 2, err: expect.stringContaining('ROSTRUM_KEY_ID is not') });
    const none = await apply([file], { ROSTRUM_KEY_ID: '', ROSTRUM_KEY_SECRET: '' });
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('rostrum login') });
  });

  it('sends no secret that is not known here', async () => {
    const file = { authConfigs: [{ id: 'unset', authenticationType: 'API_KEY', apiKeys: [{ env: 'UNSET_KEY' }] }] };
    const answer = await apply([file]);
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringContaining('UNSET_KEY is not set') });
  });
});

describe('plan', () => {
  const yaml = (timeout: number, key = '{env: PLAN_KEY}') => `
authConfigs:
  - {id: planned, authenticationType: API_KEY, apiKeys: [${key}]}
services:
  - id: planned
    path: /planned
    authConfigId: planned
    routes:
      - {httpMethod: GET, path: '/{id}', mappedWorkflow: {name: work}, timeoutInSeconds: ${timeout}, tags: ['team:a']}
`;
  const env = { PLAN_KEY: 'a-planned-key' };

  it('says field by field what apply would change, and changes nothing', async () => {
    const file = await write('plan.yaml', yaml(3));
    const before = await rostrum(['plan', file, '--detailed-exitcode'], env);
    expect(before).toMatchObject({ code: 3, err: '' });
    expect(before.out).toContain('+ service planned\n');
    expect(before.out).toContain('2 to create, 0 to change, 0 to delete, 0 unchanged\n');
    expect(before.out).not.toContain('a-planned-key');
    expect(await replica.send('GET', '/services/planned')).toMatchObject({ status: 404 });

    await rostrum(['apply', file], env);
    const same = await rostrum(['plan', file, '--detailed-exitcode'], env);
    expect(same).toMatchObject({ code: 0, out: '0 to create, 0 to change, 0 to delete, 2 unchanged\n' });

    const { out, code } = await rostrum(['diff', await write('plan.yaml', yaml(5)), '--detailed-exitcode'], env);
    expect(code).toBe(3);
    expect(out).toContain('~ service planned\n    routes › GET /{id} › timeoutInSeconds: 3 → 5\n');
    const json = await rostrum(['plan', file, '--json'], { PLAN_KEY: 'another-planned-key' });
    const { steps } = JSON.parse(json.out) as { steps: object[] };
    expect(steps).toEqual([
      expect.objectContaining({ action: 'change', id: 'planned', changes: [{ path: ['apiKeys'] }] }),
      expect.objectContaining({
        changes: [{ path: ['routes', 'GET /{id}', 'timeoutInSeconds'], before: 3, after: 5 }],
      }),
    ]);
    expect(json.out).not.toContain('planned-key');
  });

  it('needs no secret, and says what it cannot compare', async () => {
    const { out, code } = await rostrum(['plan', await write('plan.yaml', yaml(3)), '--detailed-exitcode']);
    expect(code).toBe(0);
    expect(out).toContain('? auth config planned: whether its secrets differ');
  });

  it('refuses what cannot be done, with its place', async () => {
    const file = await write('moved.yaml', 'services:\n  - id: planned\n    path: /moved\n');
    expect(await rostrum(['plan', file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^moved\.yaml:2:5: the base path of the service planned cannot be changed/),
    });
  });
});
