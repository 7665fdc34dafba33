import { describe, expect, it, vi } from 'vitest';
import type { RevisionStore } from '../storage/store.ts';
import { snapshotPage } from './lookups.ts';
import { cacheParts } from './part-cache.ts';

describe('a snapshot', () => {
  const names = Array.from({ length: 500 }, (_, index) => `service-${index}`);
  const heads = new Map(names.map((service, index) => [service, { service, revision: index }]));
  const revisions = { sequence: 7, heads } as unknown as RevisionStore;

  it('comes in pages of the size asked for, and misses nobody', () => {
    const found: string[] = [];
    let pages = 0;
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      const page = snapshotPage(revisions, after, 2_000);
      expect(Buffer.byteLength(JSON.stringify(page.heads))).toBeLessThanOrEqual(2_002);
      expect(page.sequence).toBe(7);
      found.push(...page.heads.map(({ service }) => service));
      after = page.next;
    }
    expect(found).toEqual(names.toSorted());
    expect(pages).toBeGreaterThan(5);
  });

  it('ends when there is nothing', () => {
    const nothing = { sequence: 0, heads: new Map() } as unknown as RevisionStore;
    expect(snapshotPage(nothing, '', 100)).toEqual({ sequence: 0, heads: [] });
    expect(snapshotPage(revisions, '', 1).heads, 'one at least').toHaveLength(1);
  });
});

describe('parts in memory', () => {
  it('are read once for many who ask at once, and again when they were not there', async () => {
    const load = vi.fn(async (_service: string, revision: number) => (revision === 1 ? Buffer.from('{}') : undefined));
    const get = cacheParts(100, load);
    const answers = await Promise.all([1, 2, 3].map(() => get('a', 1, 'edge')));
    expect(answers.every((answer) => answer?.toString() === '{}')).toBe(true);
    expect(load).toHaveBeenCalledTimes(1);
    await get('a', 2, 'edge');
    await get('a', 2, 'edge');
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('stay within their bytes; what was used last stays longest', async () => {
    const load = vi.fn(async () => Buffer.alloc(40));
    const get = cacheParts(100, load);
    await get('a', 1, 'edge');
    await get('a', 2, 'edge');
    await get('a', 1, 'edge');
    await get('a', 3, 'edge');
    expect(load).toHaveBeenCalledTimes(3);
    await get('a', 1, 'edge');
    expect(load).toHaveBeenCalledTimes(3);
    await get('a', 2, 'edge');
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('that could not be read are asked for again', async () => {
    const load = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(Buffer.from('{}'));
    const get = cacheParts(100, load);
    await expect(get('a', 1, 'edge')).rejects.toThrow('away');
    expect(await get('a', 1, 'edge')).toBeDefined();
  });
});
