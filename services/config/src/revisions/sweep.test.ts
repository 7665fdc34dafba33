import type { Head } from '@rostrum/shared/messages';
import { describe, expect, it } from 'vitest';
import type { ConfigStore, RevisionStore } from '../storage/store.ts';
import { type Superseded, sweep, sweepRoutes, type Unused } from './sweep.ts';

function storeOf(heads: Head[], kept: [string, number][]) {
  const removed: string[] = [];
  const store = {
    heads: new Map(heads.map((head) => [head.service, head])),
    list: async () => kept.map(([service, revision]) => ({ service, revision })),
    remove: async (service: string, revision: number) => void removed.push(`${service}.${revision}`),
  } as unknown as RevisionStore;
  return { store, removed };
}

describe('the sweep', () => {
  it('keeps a superseded revision for the whole time since it saw that it was', async () => {
    const { store, removed } = storeOf(
      [{ service: 'a', revision: 9 }],
      [
        ['a', 3],
        ['a', 9],
      ],
    );
    const superseded: Superseded = new Map();
    expect(await sweep(store, superseded, 1_000, 5_000)).toBe(0);
    expect(await sweep(store, superseded, 1_000, 5_999)).toBe(0);
    expect(await sweep(store, superseded, 1_000, 6_000)).toBe(1);
    expect(removed).toEqual(['a.3']);
  });

  it('never touches a head, what is ahead of it, or a service whose head it does not know', async () => {
    const { store, removed } = storeOf(
      [{ service: 'a', revision: 5 }],
      [
        ['a', 5],
        ['a', 7],
        ['b', 1],
      ],
    );
    const superseded: Superseded = new Map();
    await sweep(store, superseded, 1, 0);
    await sweep(store, superseded, 1, 1_000_000);
    expect(removed).toEqual([]);
  });

  it('removes the last revision of a deleted service, and forgets what is gone', async () => {
    const { store, removed } = storeOf([{ service: 'a', revision: 6, deleted: true }], [['a', 5]]);
    const superseded: Superseded = new Map([['x.1', 0]]);
    await sweep(store, superseded, 10, 0);
    expect([...superseded.keys()]).toEqual(['a.5']);
    await sweep(store, superseded, 10, 10);
    expect(removed).toEqual(['a.5']);
    expect(superseded.size).toBe(0);
  });
});

describe('routes that no service names', () => {
  it('go after the whole time, unless they were stored anew meanwhile', async () => {
    let stored = new Map([
      ['old', 1],
      ['again', 2],
    ]);
    const removed: number[] = [];
    const store = {
      unusedRoutes: async () => stored,
      removeRoute: async (sequence: number) => void removed.push(sequence),
    } as unknown as ConfigStore;
    const unused: Unused = new Map();
    await sweepRoutes(store, unused, 100, 0);
    stored = new Map([
      ['old', 1],
      ['again', 3],
    ]);
    await sweepRoutes(store, unused, 100, 99);
    expect(removed).toEqual([]);
    await sweepRoutes(store, unused, 100, 100);
    expect(removed).toEqual([1]);
    stored = new Map();
    await sweepRoutes(store, unused, 100, 101);
    expect(unused.size).toBe(0);
  });
});
