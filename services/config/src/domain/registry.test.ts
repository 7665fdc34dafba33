import { createSchemas } from '@rostrum/contract';
import { describe, expect, it } from 'vitest';
import { buildService } from './build.ts';
import { compile, revisionOf } from './compile.ts';
import { type ConfigState, emptyState } from './records.ts';
import { schemaId } from './registry.ts';

const schemas = createSchemas({ cacheMinTtlSeconds: 300, maxTimeoutMs: 300_000 });
const author = { name: 'test', now: 1 };
const stamp = { createdBy: 'a', updatedBy: 'a', createTime: 1, updateTime: 1 };

/** A state with one service (sequence 10) of one route, and these versions of schemas; undefined: it was deleted. */
function stateOf(route: object, versions: [string, number, unknown, number][]): ConfigState {
  const state = emptyState();
  state.sequence = 100;
  state.compiler = { sequence: 1, value: { version: 3, defaultTimeoutMs: 30_000, maxTimeoutMs: 300_000 } };
  const given = { httpMethod: 'GET', path: '/r', mappedWorkflow: { name: 'w' }, ...route };
  const input = schemas.service.parse({ id: 's', path: '/s', routes: [given] });
  state.services.set('s', { sequence: 10, value: buildService(input, undefined, 's', '/s', author, () => undefined) });
  for (const [name, version, data, sequence] of versions) {
    const value = data === undefined ? undefined : { name, version, type: 'JSON', data, ...stamp };
    state.schemas.set(schemaId(name, version), { sequence, value });
  }
  return state;
}

function compiled(state: ConfigState) {
  const { value } = state.services.get('s') ?? {};
  if (!value) throw new Error('no service');
  const { edge, execution } = compile(state, value);
  return { input: edge.routes[0]?.inputSchema, output: execution.routes[0]?.outputSchema, revision: edge.revision };
}

describe('references to schemas', () => {
  const latest = { inputSchemaRef: { name: 'a' } };

  it('mean the latest version that is there, or the one they name', () => {
    const versions: Parameters<typeof stateOf>[1] = [
      ['a', 1, { title: '1' }, 20],
      ['a', 2, { title: '2' }, 21],
      ['a', 10, '{"title": "10"}', 22],
      ['a', 11, undefined, 23],
      ['a@b', 99, { title: 'another' }, 24],
    ];
    expect(compiled(stateOf(latest, versions)).input).toEqual({ title: '10' });
    expect(compiled(stateOf({ inputSchemaRef: { name: 'a', version: 0 } }, versions)).input).toEqual({ title: '10' });
    expect(compiled(stateOf({ outputSchemaRef: { name: 'a', version: 2 } }, versions)).output).toEqual({ title: '2' });
    expect(compiled(stateOf({ inputSchemaRef: { name: 'a@b' } }, versions)).input).toEqual({ title: 'another' });
  });

  it('move the revision when anything under their name changes, and for nothing else', () => {
    expect(revisionOf(stateOf(latest, [['a', 1, {}, 20]]), 's')).toBe(20);
    expect(revisionOf(stateOf(latest, [['a', 1, undefined, 21]]), 's'), 'deleted').toBe(21);
    expect(revisionOf(stateOf(latest, [['b', 1, {}, 20]]), 's')).toBe(10);
    expect(revisionOf(stateOf({}, [['a', 1, {}, 20]]), 's')).toBe(10);
    expect(compiled(stateOf(latest, [['a', 1, {}, 20]])).revision).toBe(20);
  });

  it('are seen in their new meaning after a change to the same state', () => {
    const state = stateOf(latest, [['a', 1, { title: '1' }, 20]]);
    expect(compiled(state).input).toEqual({ title: '1' });
    const value = { name: 'a', version: 2, type: 'JSON', data: { title: '2' }, ...stamp };
    state.schemas.set(schemaId('a', 2), { sequence: 101, value });
    state.sequence = 101;
    expect(compiled(state)).toEqual({ input: { title: '2' }, output: undefined, revision: 101 });
  });

  it('fall back to the copy of Conductor’s, then to the inline one', () => {
    const state = stateOf({ ...latest, inputSchema: { title: 'inline' } }, []);
    expect(compiled(state).input).toEqual({ title: 'inline' });
    const { value } = state.services.get('s') ?? {};
    const [route] = value?.routes ?? [];
    if (!value || !route) throw new Error('no route');
    const copied = { ...route, conductorSchemas: { inputSchema: { title: 'conductor' } } };
    state.services.set('s', { sequence: 10, value: { ...value, routes: [copied] } });
    expect(compiled(state).input).toEqual({ title: 'conductor' });
  });

  it('that an earlier release took although nobody knows them check nothing, as they did then', () => {
    expect(compiled(stateOf(latest, []))).toEqual({ input: undefined, output: undefined, revision: 10 });
  });
});
