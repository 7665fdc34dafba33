import { expect, it, vi } from 'vitest';
import { batchPerTurn } from './batch.ts';

it('does the work of one turn together, of the next turn apart, and no more at a time than allowed', async () => {
  const work = vi.fn(async (items: number[]) => items.map((item) => item * 2));
  const double = batchPerTurn(work, 3);
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
  expect(await double(5)).toBe(10);
  expect(work.mock.calls).toEqual([[[1, 2, 3]], [[4]], [[5]]]);
});

it('fails the calls of a batch whose work fails, and no others', async () => {
  const failing = batchPerTurn(async ([item = 0]: number[]) => {
    if (item === 1) throw new Error('one');
    return [item];
  }, 1);
  const settled = await Promise.allSettled([failing(1), failing(2)]);
  expect(settled).toMatchObject([{ status: 'rejected', reason: { message: 'one' } }, { value: 2 }]);
});
