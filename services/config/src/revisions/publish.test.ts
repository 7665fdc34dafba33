import { describe, expect, it } from 'vitest';
import { compilerVersion } from '../domain/compile.ts';
import { emptyState, type Service } from '../domain/records.ts';
import type { ConfigStore, RevisionStore } from '../storage/store.ts';
import { publishAll, servicesBehind } from './publish.ts';

function storesOf(version: number) {
  const state = emptyState();
  state.compiler = { sequence: 1, value: { version, defaultTimeoutMs: 1, maxTimeoutMs: 1 } };
  const service = { id: 's', path: '/s', enabled: true, mcpEnabled: true, tags: [], routes: [] } as unknown as Service;
  state.services.set('s', { sequence: 5, value: service });
  state.services.set('gone', { sequence: 6, value: undefined });
  const done: string[] = [];
  const revisions = {
    heads: new Map([['s', { service: 's', revision: 4 }]]),
    async put(name: string, revision: number, part: string) {
      await Promise.resolve();
      done.push(`${name}.${revision}.${part}`);
    },
    moveHead: async (head: object) => void done.push(JSON.stringify(head)),
  } as unknown as RevisionStore;
  return { config: { state } as unknown as ConfigStore, revisions, done };
}

describe('bringing revisions out', () => {
  it('stores both parts before the head names them', async () => {
    const { config, revisions, done } = storesOf(compilerVersion);
    expect(servicesBehind(config, revisions)).toEqual(['s', 'gone']);
    await publishAll(config, revisions, ['s']);
    expect(done).toEqual(['s.5.edge', 's.5.execution', '{"service":"s","revision":5}']);
  });

  it('of a deleted service is the word that it is gone', async () => {
    const { config, revisions, done } = storesOf(compilerVersion);
    await publishAll(config, revisions, ['gone']);
    expect(done).toEqual(['{"service":"gone","revision":6,"deleted":true}']);
  });

  it('is left to replicas with the compiler that is stored', async () => {
    const { config, revisions, done } = storesOf(compilerVersion + 1);
    expect(servicesBehind(config, revisions)).toEqual([]);
    await publishAll(config, revisions, ['s', 'gone']);
    expect(done).toEqual([]);
  });
});
