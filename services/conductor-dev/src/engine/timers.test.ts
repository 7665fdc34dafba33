import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Timers } from './timers.ts';

describe('timers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const fired: number[] = [];
  const add = (timers: Timers, inMs: number) => timers.add(Date.now() + inMs, () => fired.push(inMs));
  beforeEach(() => {
    fired.length = 0;
  });

  test('come in the order of their times, each once, never early', () => {
    const timers = new Timers();
    for (const ms of [30, 10, 20, 10]) add(timers, ms);
    vi.advanceTimersByTime(9);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual([10, 10, 20, 30]);
    expect(timers.size).toBe(0);
  });

  test('use one timeout of the process, whatever their number', () => {
    const timers = new Timers();
    for (let ms = 1; ms <= 500; ms++) add(timers, ms);
    expect(vi.getTimerCount()).toBe(1);
    timers.clear();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a cancelled one does not come, and cancelling again is harmless', () => {
    const timers = new Timers();
    const cancel = add(timers, 10);
    add(timers, 20);
    cancel();
    cancel();
    vi.advanceTimersByTime(50);
    expect(fired).toEqual([20]);
  });

  test('one that is past comes in a later turn, and may add others', () => {
    const timers = new Timers();
    timers.add(Date.now() - 5, () => void add(timers, 0));
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(fired).toEqual([0]);
  });

  test('one that is years away does not come at once', () => {
    const timers = new Timers();
    add(timers, 2 ** 40);
    vi.advanceTimersByTime(2 ** 31);
    expect(fired).toEqual([]);
    timers.clear();
  });

  test('any mix of adding and cancelling leaves the others in order', () => {
    const run = fc.array(fc.record({ ms: fc.nat(50), cancelled: fc.boolean() }), { maxLength: 60 });
    const property = fc.property(run, (entries) => {
      fired.length = 0;
      const timers = new Timers();
      const cancels = entries.map(({ ms }) => add(timers, ms));
      entries.forEach(({ cancelled }, index) => {
        if (cancelled) cancels[index]?.();
      });
      vi.advanceTimersByTime(100);
      expect(fired).toEqual(
        entries
          .filter(({ cancelled }) => !cancelled)
          .map(({ ms }) => ms)
          .sort((a, b) => a - b),
      );
    });
    fc.assert(property);
  });
});
