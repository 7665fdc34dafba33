import { describe, expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const item = (owner: string, id = 0) => ({ owner, id });
const anyone = () => true;

describe('FairQueue', () => {
  test('owners take turns, each first in first out', () => {
    const queue = new FairQueue<{ owner: string; id: number }>();
    for (const id of [1, 2, 3]) queue.add(item('a', id));
    queue.add(item('b', 4));
    const order = Array.from({ length: 5 }, () => queue.take(anyone)?.id);
    expect(order).toEqual([1, 4, 2, 3, undefined]);
    expect(queue.size).toBe(0);
  });

  test('an owner that may not run does not hold the others up, and keeps its place', () => {
    const queue = new FairQueue<{ owner: string; id: number }>();
    for (const owner of ['a', 'b']) queue.add(item(owner));
    expect(queue.take((owner) => owner !== 'a')?.owner).toBe('b');
    expect(queue.take((owner) => owner !== 'a')).toBeUndefined();
    expect(queue.take(anyone)?.owner).toBe('a');
  });

  test('an item that is not due does not hold its owner’s others up, and keeps its place', () => {
    const queue = new FairQueue<{ owner: string; id: number }>();
    for (const id of [1, 2, 3]) queue.add(item('a', id));
    const even = () => queue.take(anyone, ({ id }) => id % 2 === 0)?.id;
    expect([even(), even(), queue.take(anyone)?.id, queue.take(anyone)?.id]).toEqual([2, undefined, 1, 3]);
  });

  test('what was deleted is not taken', () => {
    const queue = new FairQueue<{ owner: string; id: number }>();
    const [first, second] = [item('a', 1), item('a', 2)];
    queue.add(first);
    queue.add(second);
    expect(queue.delete(first)).toBe(true);
    expect(queue.delete(first)).toBe(false);
    expect([queue.has(first), queue.has(second), queue.sizeOf('a'), queue.size]).toEqual([false, true, 1, 1]);
    expect([...queue]).toEqual([second]);
    expect(queue.take(anyone)).toBe(second);
  });
});
