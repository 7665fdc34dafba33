import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeAccount } from './api.ts';
import { type Replica, route, startReplica } from './replica.ts';
import { useCommandLine } from './command-line.ts';

// Each call is a process of its own.
vi.setConfig({ testTimeout: 90_000 });

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
});
afterAll(() => replica.drain());
const { write, rostrum, folder } = useCommandLine(() => replica);

/** Applies these contents, one file each. */
async function apply(contents: readonly unknown[], env: Record<string, string> = {}, ...more: string[]) {
  const files = await Promise.all(contents.map((content, index) => write(`${index}.json`, content)));
  return rostrum(['apply', ...files, ...more], env);
}

it('apply does not take the role away that it works with', async () => {
  const { id, key, api } = await makeAccount(replica, 'ADMIN');
  const own = { ROSTRUM_KEY_ID: key.keyId, ROSTRUM_KEY_SECRET: key.keySecret };
  const content = (name: string) => [{ applications: [{ id, name, roles: ['METADATA_MANAGER'] }] }];
  const refused = await apply(content('other'), own);
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/leave it its role ADMIN/) });
  expect((await api('GET', `/applications/${id}`)).body, 'nothing was changed').toMatchObject({
    name: 'an application',
  });
  expect(await apply(content('other')), 'another key may').toMatchObject({ code: 0 });
  expect(await api('GET', '/applications')).toMatchObject({ status: 403 });
});

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
      { services: [{ id: 'x', path: 'x' }, { path: '/y' }], routes: [] },
      '{"services": [',
      { services: [{ id: 'x', path: '/x' }] },
    ]);
    expect(answer).toMatchObject({ code: 1, out: '' });
    expect(answer.err).toMatch(/^0\.json:1:\d+: has to start with \//m);
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

describe('a whole installation in files', () => {
  const content = `
authConfigs:
  - {id: whole-a, authenticationType: API_KEY, apiKeys: [{env: WHOLE_ONE}, {file: secrets/two}]}
  - {id: whole-b, authenticationType: NONE, tokenInWorkflowInput: true}
services:
  - id: whole
    name: Whole
    path: /whole
    enabled: false
    authConfigId: whole-a
    corsConfig: {accessControlAllowOrigin: ['https://example.com']}
    tags: ['team:a', {key: stage, value: test, type: METADATA}]
    routes:
      - httpMethod: POST
        path: /orders/{id}
        mappedWorkflow: {name: order, version: 2, requestMetadataAsInput: true}
        queryParameters: [{name: dry, required: true}]
        inputSchema: {file: schemas/order.json}
        outputSchema: '{"type": ["object", "null"], "default": null}'
        preRequestScript: {file: scripts/tidy.js}
        cacheConfig: {key: '\${workflow.input.id}', ttlInSecond: 300}
        rateLimitConfig: {rateLimitKey: '\${id}', concurrentExecLimit: 3}
      - {httpMethod: GET, path: /orders, workflowExecutionMode: ASYNCHRONOUS, mappedWorkflow: {name: orders}}
`;
  const env = { WHOLE_ONE: 'the-first-key' };

  it('is exported as a file that changes nothing when it is applied again, without knowing a secret', async () => {
    await write('whole/secrets/two', 'the-second-key\n');
    await write('whole/schemas/order.json', { type: 'object', properties: { id: { const: null } } });
    await write('whole/scripts/tidy.js', '(function () {\n  return $;\n})();\n');
    const file = await write('whole/rostrum.yaml', content);
    expect(await rostrum(['apply', file], env)).toMatchObject({ code: 0, err: '' });
    const { body } = await replica.send('GET', '/services/whole');
    expect(body.routes[0]).toMatchObject({
      inputSchema: { properties: { id: { const: null } } },
      queryParameters: [{ name: 'dry' }],
    });

    const exported = await rostrum(['export']);
    expect(exported.code).toBe(0);
    expect(exported.out).toContain('- env: ROSTRUM_API_KEY_WHOLE_A_1\n        mask: "********');
    expect(exported.out).toContain('preRequestScript: |\n');
    expect(exported.out).not.toMatch(/the-(first|second)-key/);
    const copy = await write('export.yaml', exported.out);
    const plan = await rostrum(['plan', copy, '--prune', '--detailed-exitcode']);
    expect(plan).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^0 to create, 0 to change, 0 to delete, \d+ unchanged\n$/),
    });
    const applied = await rostrum(['apply', copy, '--prune']);
    expect(applied).toMatchObject({ code: 0, err: '' });
    expect(applied.out).not.toMatch(/^(?:created|changed|deleted)/m);
    expect((await replica.send('GET', '/services/whole')).body).toEqual(body);
  });

  it('deletes what the files do not name when told to, and asks before', async () => {
    await replica.send('POST', '/services', { id: 'surplus', path: '/surplus' });
    const services = [...(await replica.send('GET', '/services')).body].filter(
      ({ id }: { id: string }) => id !== 'surplus',
    );
    const file = await write('prune.yaml', {
      services: [
        ...services.map(({ id, path }: { id: string; path: string }) => ({ id, path })),
        { id: 'heir', path: '/surplus' },
      ],
    });
    const kept = await rostrum(['apply', file]);
    expect(kept).toMatchObject({ code: 1, err: expect.stringContaining('belongs to the service surplus') });
    expect(await rostrum(['plan', file, '--prune'])).toMatchObject({
      out: expect.stringContaining('- service surplus\n'),
    });
    const unasked = await rostrum(['apply', file, '--prune']);
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining('say --yes') });
    expect(await replica.send('GET', '/services/surplus')).toMatchObject({ status: 200 });

    const pruned = await rostrum(['apply', file, '--prune', '--yes']);
    expect(pruned).toMatchObject({ code: 0, err: '' });
    expect(pruned.out, 'its base path is free before another takes it').toMatch(
      /^deleted service surplus\n(?:.*\n)*created service heir\n/m,
    );
    expect(await replica.send('GET', '/services/surplus')).toMatchObject({ status: 404 });
    const auth = (await replica.send('GET', '/auth')).body;
    expect(auth, 'kinds that no file has a list of are nobody’s').toContainEqual(
      expect.objectContaining({ id: 'whole-a' }),
    );
  });
});

describe('by hand', () => {
  it('makes, adds and retires API keys, each shown once', async () => {
    const key = /^rk_[\w-]{32}\n$/;
    const first = await rostrum(['keys', 'create', 'by-hand']);
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(key) });
    const second = await rostrum(['keys', 'rotate', 'by-hand']);
    expect(second.out).toMatch(key);
    const both = (await replica.send('GET', '/auth/by-hand')).body.apiKeys as string[];
    expect(both).toHaveLength(2);
    expect(await rostrum(['keys', 'rotate', 'by-hand', '--retire'])).toMatchObject({ code: 0 });
    expect((await replica.send('GET', '/auth/by-hand')).body.apiKeys).toEqual(both.slice(1));
    expect(await rostrum(['keys', 'rotate', 'by-hand', '--retire'])).toMatchObject({ code: 1 });
    expect(await rostrum(['keys', 'rotate', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('keys create'),
    });
  });

  it('keeps a login for its server alone, where nobody else may read it', async () => {
    const unset = { ROSTRUM_KEY_ID: '', ROSTRUM_KEY_SECRET: '', ROSTRUM_SERVER: '' };
    const wrong = await rostrum(['login', '--server', replica.url, '--key-id', 'admin'], unset, 'wrong\n');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('its secret is wrong') });
    const done = await rostrum(
      ['login', '--server', `${replica.url}/api/`, '--key-id', 'admin'],
      unset,
      'test-secret\n',
    );
    expect(done).toMatchObject({ code: 0, err: '' });
    const { mode } = await stat(join(folder(), 'rostrum', 'credentials.json'));
    expect(mode & 0o777).toBe(0o600);
    expect(await rostrum(['keys', 'list', 'by-hand'], unset)).toMatchObject({
      code: 0,
      out: expect.stringContaining('****'),
    });
    const elsewhere = await rostrum(['routes', '--server', 'http://127.0.0.1:9'], unset);
    expect(elsewhere).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no access key for http://127.0.0.1:9'),
    });
    expect(await rostrum(['logout'], unset)).toMatchObject({ code: 0 });
    expect(await rostrum(['routes', '--server', replica.url], unset)).toMatchObject({ code: 1 });
  });

  it('lists routes, for people and for programs', async () => {
    await replica.send('POST', '/services', {
      id: 'listed',
      path: '/listed',
      routes: [route('GET', '/'), route('POST', '/{id}')],
    });
    const { out } = await rostrum(['routes', 'listed']);
    expect(out).toMatch(/^SERVICE +METHOD +PATH .*\nlisted +GET +\/listed +work .*\nlisted +POST +\/listed\/\{id\} /);
    expect(out, 'no colour where nobody looks').not.toContain('\u001B');
    const json = JSON.parse((await rostrum(['routes', 'listed', '--json'])).out) as object[];
    expect(json).toEqual([expect.objectContaining({ method: 'GET', path: '/listed' }), expect.anything()]);
    expect(await rostrum(['routes', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no service'),
    });
  });

  it('doctor looks at what it is told of, and says what to do', async () => {
    const { code, out } = await rostrum(['doctor', '--nats', nats.url, '--redis', 'redis://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(out).toMatch(/✓ config service +http/);
    expect(out).toMatch(/✓ clocks/);
    expect(out).toMatch(/✓ NATS +nats-server \d/);
    expect(out).toMatch(/✗ Redis +ECONNREFUSED\n +Is Redis running/);
    expect(out).toMatch(/- Conductor/);
  });

  it('a token that is refused is not replaced by the access key', async () => {
    expect(await rostrum(['routes'], { ROSTRUM_TOKEN: 'nonsense' })).toMatchObject({ code: 1, out: '' });
  });

  it('tells a wrong call from a failure', async () => {
    expect(await rostrum(['no-such-command'])).toMatchObject({ code: 2 });
    expect(await rostrum(['plan', 'no-such-file.yaml'])).toMatchObject({
      code: 2,
      err: 'There is no no-such-file.yaml\n',
    });
    expect(await rostrum(['plan', '--colour'])).toMatchObject({ code: 2 });
    expect(await rostrum(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('answers programs with one JSON document also where it fails', async () => {
    const away = { ROSTRUM_SERVER: 'http://127.0.0.1:9' };
    for (const [args, env] of [
      [['routes', 'none'], {}],
      [['routes'], away],
      [['validate', 'nothere.yaml'], {}],
      [['no-such-command'], {}],
      [['export', '-o', '/nope/x'], {}],
    ] as const) {
      const { code, out, err } = await rostrum([...args, '--json'], env);
      expect(code, args.join(' ')).not.toBe(0);
      expect(JSON.parse(out)).toEqual({ ok: false, errors: [expect.any(String)] });
      expect(err, 'no stack').not.toMatch(/^ {4}at /m);
    }
    expect((await rostrum(['backup', '/nope/x'])).err).toBe('/nope/x.part: there is no such file or folder\n');
  });
});
