import { createSchemas } from '@rostrum/contract';
import { describe, expect, it } from 'vitest';
import { granted, mayExecute, withdrawn } from './applications.ts';
import { buildAuthConfig, buildService } from './build.ts';
import { compile, revisionOf } from './compile.ts';
import { type Application, type ConfigState, emptyState, type Permission } from './records.ts';

const author = { name: 'test', now: 1 };
const schemas = createSchemas({ cacheMinTtlSeconds: 300, maxTimeoutMs: 300_000 });

const on = (id: string, ...access: string[]): Permission => ({ type: 'WORKFLOW_DEF', id, access });
const application = (...permissions: Permission[]): Application => ({
  ...{ id: 'app', name: 'app', tags: [], roles: [], accessKeys: [], permissions },
  ...{ createdBy: 'x', updatedBy: 'x', createTime: 1, updateTime: 1 },
});

describe('an application may EXECUTE', () => {
  const may = (workflow: string, ...permissions: Permission[]) => mayExecute(application(...permissions), workflow);

  it('the workflow that is named, or what begins like one with a * at its end', () => {
    expect(may('pay', on('pay', 'EXECUTE'))).toBe(true);
    expect(may('pay_in', on('pay', 'EXECUTE'))).toBe(false);
    expect(may('pay_in', on('pay*', 'EXECUTE'))).toBe(true);
    expect(may('pay', on('pay*', 'EXECUTE'))).toBe(true);
    expect(may('pa', on('pay*', 'EXECUTE'))).toBe(false);
    expect(may('anything', on('*', 'EXECUTE'))).toBe(true);
    expect(may('pay', on('pay', 'READ', 'UPDATE'))).toBe(false);
    expect(may('pay', { type: 'TASK_DEF', id: 'pay', access: ['EXECUTE'] })).toBe(false);
    expect(may('pay')).toBe(false);
  });

  it('what was granted in whichever order, until it is withdrawn', () => {
    const [a, b] = [on('a', 'EXECUTE'), on('b', 'READ', 'EXECUTE')];
    const both = granted(granted([], b), a);
    expect(both).toEqual(granted(granted([], a), b));
    expect(granted(both, a)).toEqual(both);
    expect(withdrawn(both, on('b', 'EXECUTE'))).toEqual([a, on('b', 'READ')]);
    expect(withdrawn(both, on('a', 'EXECUTE', 'READ'))).toEqual([on('b', 'EXECUTE', 'READ')]);
    expect(withdrawn(both, on('c', 'EXECUTE'))).toEqual(both);
  });
});

describe('a compiled service', () => {
  const key = { id: 'k', secret: Buffer.alloc(32) };
  const cacheConfig = { key: 'all', ttlInSecond: 300 };
  const routes = [
    { httpMethod: 'GET', path: '/r', mappedWorkflow: { name: 'w' }, cacheConfig },
    { httpMethod: 'GET', path: '/other', mappedWorkflow: { name: 'v' } },
  ];
  function stateOf(account?: Application): ConfigState {
    const state = emptyState();
    state.compiler = { sequence: 1, value: { version: 3, defaultTimeoutMs: 30_000, maxTimeoutMs: 300_000 } };
    const service = schemas.service.parse({ id: 's', path: '/s', authConfigId: 'a', routes });
    state.services.set('s', {
      sequence: 10,
      value: buildService(service, undefined, 's', '/s', author, () => undefined),
    });
    const auth = schemas.authConfig.parse({ authType: 'NONE', applicationId: 'app' });
    state.authConfigs.set('a', { sequence: 20, value: buildAuthConfig(auth, undefined, 'a', author, key).value });
    if (account) state.applications.set('app', { sequence: 30, value: account });
    return state;
  }
  const compiled = (state: ConfigState) => {
    const { value } = state.services.get('s') ?? {};
    if (!value) throw new Error('no service');
    return compile(state, value);
  };

  it('has the number of its application’s last change, also when that was deleted', () => {
    expect(revisionOf(stateOf(), 's')).toBe(20);
    const state = stateOf(application());
    expect(revisionOf(state, 's')).toBe(30);
    state.applications.set('app', { sequence: 40, value: undefined });
    expect(revisionOf(state, 's')).toBe(40);
    state.applications.set('another', { sequence: 50, value: undefined });
    expect(revisionOf(state, 's')).toBe(40);
  });

  it('forbids the routes alone whose workflow its application may not EXECUTE, and does not answer those from the cache', () => {
    const { edge, execution } = compiled(stateOf(application(on('v', 'EXECUTE'))));
    expect(Object.keys(execution.forbidden)).toEqual(['GET /r']);
    expect(edge.routes[0]).not.toHaveProperty('cache');
    const allowed = compiled(stateOf(application(on('*', 'EXECUTE'))));
    expect(allowed.execution.forbidden).toEqual({});
    expect(allowed.edge.routes[0]?.cache).toBeDefined();
    expect(compiled(stateOf()).edge.routes[0], 'there is no such application').not.toHaveProperty('cache');
  });

  it('tells nothing of what its application shows Conductor', () => {
    const account = { ...application(), conductor: { keyId: 'known-id', sealedSecret: 'sealed-text' } };
    const { edge, execution } = compiled(stateOf(account));
    expect(execution.credentials).toMatch(/^[\w-]{16}$/);
    expect(JSON.stringify([edge, execution])).not.toMatch(/known-id|sealed-text/);
    expect(edge).not.toHaveProperty('credentials');
  });
});
