import { describe, expect, it } from 'vitest';
import type { Loaded, Wanted } from '../file/load.ts';
import { type Kind, kinds } from '../file/shape.ts';
import { differences } from './differences.ts';
import type { Live } from './live.ts';
import { makePlan } from './plan.ts';

const live = (objects: Partial<Live['objects']> = {}, schemas: Live['schemas'] = new Map()): Live => ({
  objects: { application: new Map(), authConfig: new Map(), service: new Map(), ...objects },
  schemas,
});
const files = (wanted: Partial<Wanted>[], owned: Kind[] = [...kinds]): Loaded => ({
  wanted: wanted.map((each) => ({ at: 'f:1:1', unknown: [], masked: [], body: {}, kind: 'service', id: '', ...each })),
  owned: new Set(owned),
  faults: [],
  warnings: [],
});
const noMasks = async () => undefined;

describe('differences', () => {
  it('are told by the names of routes and tags, whatever their order', () => {
    const a = { httpMethod: 'GET', path: '/a', timeoutInSeconds: 1 };
    const b = { httpMethod: 'POST', path: '/a' };
    expect(differences({ routes: [a, b] }, { routes: [b, a] })).toEqual([]);
    expect(differences({ routes: [a, b] }, { routes: [{ ...a, timeoutInSeconds: 2 }] })).toEqual([
      { path: ['routes', 'GET /a', 'timeoutInSeconds'], before: 1, after: 2 },
      { path: ['routes', 'POST /a'], before: b },
    ]);
    expect(differences({ tags: [{ key: 'a', value: 'b' }] }, {})).toEqual([
      { path: ['tags', 'a:b'], before: { key: 'a', value: 'b' } },
    ]);
  });

  it('ignore the order of members, and not that of lists', () => {
    expect(differences({ x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } })).toEqual([]);
    expect(differences({ x: [1, 2] }, { x: [2, 1] })).toHaveLength(1);
  });
});

describe('a plan', () => {
  it('keeps what a file leaves out and has paths of its own: routes, tags, keys, `enabled`', async () => {
    const there = {
      id: 's',
      path: '/s',
      enabled: false,
      mcpEnabled: true,
      tags: [{ key: 'a', value: 'b' }],
      routes: [{ httpMethod: 'GET', path: '/' }],
    };
    const loaded = files([{ id: 's', body: { id: 's', path: '/s' } }]);
    const { steps } = await makePlan(loaded, live({ service: new Map([['s', there]]) }), false, noMasks);
    expect(steps).toEqual([expect.objectContaining({ action: 'none', changes: [] })]);
  });

  it('takes things in order: who is named before who names, and the other way round when they go', async () => {
    const loaded = files([
      { kind: 'service', id: 's', body: { path: '/s' } },
      { kind: 'authConfig', id: 'a' },
      { kind: 'application', id: 'p' },
      { kind: 'schema', id: 'x', body: { name: 'x', type: 'JSON', data: {} } },
    ]);
    const old = new Map([['old', { id: 'old', path: '/old' }]]);
    const there = live({ service: old, authConfig: old, application: old }, new Map([['old', []]]));
    const { steps } = await makePlan(loaded, there, true, noMasks);
    expect(steps.map(({ action, kind }) => `${action} ${kind}`)).toEqual([
      ...['create schema', 'create application', 'create authConfig', 'create service'],
      ...['delete service', 'delete authConfig', 'delete application', 'delete schema'],
    ]);
  });

  it('deletes nothing of a kind that no file has a list of', async () => {
    const there = live({ authConfig: new Map([['a', { id: 'a' }]]) });
    expect((await makePlan(files([], ['service']), there, true, noMasks)).steps).toEqual([]);
    expect((await makePlan(files([], ['authConfig']), there, true, noMasks)).steps).toHaveLength(1);
  });

  it('gives a schema that differs a new version, and refuses another content of one that is there', async () => {
    const version = { name: 'x', version: 2, type: 'JSON', data: { type: 'string' } };
    const there = live({}, new Map([['x', [version]]]));
    const planOf = (body: object) =>
      makePlan(files([{ kind: 'schema', id: 'x', body: { name: 'x', type: 'JSON', ...body } }]), there, false, noMasks);
    expect((await planOf({ data: { type: 'string' } })).steps[0]?.action).toBe('none');
    expect((await planOf({ data: {} })).steps[0]?.action).toBe('change');
    expect((await planOf({ version: 3, data: {} })).steps[0]?.action).toBe('create');
    expect(await planOf({ version: 2, data: {} })).toMatchObject({
      steps: [],
      faults: [expect.stringContaining('version 3')],
    });
  });

  it('says of an application what its roles and permissions gain and lose, and never its secret', async () => {
    const there = { id: 'p', name: 'p', roles: ['USER'], permissions: [], tags: [], conductor: { keyId: 'k' } };
    const body = {
      id: 'p',
      name: 'p',
      roles: ['ADMIN'],
      permissions: [{ type: 'WORKFLOW_DEF', id: 'w', access: ['EXECUTE'] }],
      conductor: { keyId: 'k', keySecret: 'hush' },
    };
    const { steps } = await makePlan(
      files([{ kind: 'application', id: 'p', body }]),
      live({ application: new Map([['p', there]]) }),
      false,
      noMasks,
    );
    expect(steps[0]).toMatchObject({ action: 'change' });
    expect(steps[0]?.changes.map(({ path }) => path.join('/'))).toEqual(['permissions/WORKFLOW_DEF w', 'roles']);
    expect(JSON.stringify(steps[0]?.changes)).not.toContain('hush');
  });

  it('deletes last, but for a service whose base path another gets: then they come after all that can fail', async () => {
    const loaded = files([
      { kind: 'service', id: 'heir', body: { id: 'heir', path: '/old' } },
      { kind: 'service', id: 'other', body: { id: 'other', path: '/other' } },
    ]);
    const there = live({ service: new Map(['old', 'gone'].map((id) => [id, { id, path: `/${id}` }])) });
    const { steps } = await makePlan(loaded, there, true, noMasks);
    expect(steps.map(({ action, id }) => `${action} ${id}`)).toEqual([
      ...['create other', 'delete old', 'create heir', 'delete gone'],
    ]);
  });

  it('never deletes the application whose access key is used, and says so', async () => {
    const there = live({ application: new Map(['own', 'other'].map((id) => [id, { id }])) });
    const { steps, warnings } = await makePlan(files([]), there, true, noMasks, 'own');
    expect(steps.map(({ id }) => id)).toEqual(['other']);
    expect(warnings).toEqual([expect.stringContaining('the application own is in no file and stays')]);
  });

  it('knows whether the server has what the files leave to it', async () => {
    const key = { kind: 'authConfig' as const, id: 'a', body: { apiKeys: ['********one'] }, masked: ['X is not set'] };
    const credential = { kind: 'application' as const, id: 'p', body: { conductor: { keyId: 'k' } } };
    const unknown = async (there: Live) => (await makePlan(files([key, credential]), there, false, noMasks)).unknown;
    expect(await unknown(live())).toEqual([
      expect.stringMatching(/^f:1:1: the server has no secret of the Conductor key k for the application p/),
      expect.stringMatching(/^f:1:1: X is not set, and the server has no such key of the auth config a/),
    ]);
    const application = new Map([['p', { id: 'p', conductor: { keyId: 'k' } }]]);
    const authConfig = new Map([['a', { id: 'a', apiKeys: ['********one'] }]]);
    expect(await unknown(live({ application, authConfig }))).toEqual([]);
  });

  it('finds references to schemas that nobody has, and those that it would break', async () => {
    const refs = ['filed', 'stored', 'nowhere'].map((name) => ({
      httpMethod: 'GET',
      path: `/${name}`,
      inputSchemaRef: { name },
    }));
    const loaded = files([
      { kind: 'schema', id: 'filed', body: { name: 'filed', type: 'JSON', data: {} } },
      { kind: 'service', id: 's', body: { id: 's', path: '/s', routes: refs } },
    ]);
    const there = live({}, new Map([['stored', [{ name: 'stored', version: 1, type: 'JSON', data: {} }]]]));
    const kept = await makePlan(loaded, there, false, noMasks);
    expect(kept).toMatchObject({
      faults: [],
      warnings: [expect.stringMatching(/GET \/nowhere of s names .* nowhere/)],
    });
    const { faults } = await makePlan(loaded, there, true, noMasks);
    expect(faults).toEqual([expect.stringMatching(/GET \/stored of s names .* stored, which would be deleted/)]);
  });
});
