import { describe, expect, it, vi } from 'vitest';
import { DeadlineWheel } from './deadline-wheel.ts';
import { DelayTracker } from './delay-tracker.ts';

describe('the deadline wheel', () => {
  it('expires each entry once, not before its time and in the order of their times', () => {
    vi.useFakeTimers();
    const wheel = new DeadlineWheel();
    const start = performance.now();
    const seen: [number, number][] = [];
    for (const ms of [500, 30, 30, 250, 0]) wheel.add({ expire: () => seen.push([ms, performance.now() - start]) }, ms);
    vi.advanceTimersByTime(2_000);
    expect(seen.map(([ms]) => ms)).toEqual([0, 30, 30, 250, 500]);
    for (const [ms, at] of seen) {
      expect(at).toBeGreaterThanOrEqual(ms);
      expect(at).toBeLessThanOrEqual(ms + 60);
    }
    expect([wheel.size, vi.getTimerCount()]).toEqual([0, 0]);
    vi.useRealTimers();
  });

  it('forgets what is removed, moves what is added again, and runs no timer when empty', () => {
    vi.useFakeTimers();
    const wheel = new DeadlineWheel();
    const gone = { expire: vi.fn() };
    const moved = { expire: vi.fn() };
    wheel.add(gone, 50);
    wheel.add(moved, 50);
    wheel.add(moved, 400);
    wheel.remove(gone);
    wheel.remove(gone);
    vi.advanceTimersByTime(300);
    expect(moved.expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect([gone.expire.mock.calls.length, moved.expire.mock.calls.length]).toEqual([0, 1]);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('takes entries that are added while others expire', () => {
    vi.useFakeTimers();
    const wheel = new DeadlineWheel();
    const second = vi.fn();
    wheel.add({ expire: () => wheel.add({ expire: second }, 40) }, 40);
    vi.advanceTimersByTime(200);
    expect(second).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });
});

describe('the delay tracker', () => {
  it('counts only what exceeds the smallest delay, whatever the clocks say', () => {
    for (const skew of [0, 1e9, -1e9]) {
      const tracker = new DelayTracker();
      expect(tracker.extraDelay('a', 1_000, 1_005 + skew)).toBe(0);
      expect(tracker.extraDelay('a', 2_000, 2_105 + skew)).toBe(100);
      expect(tracker.extraDelay('a', 3_000, 3_002 + skew)).toBe(0);
      expect(tracker.extraDelay('a', 4_000, 4_005 + skew)).toBe(3);
      expect(tracker.extraDelay('b', 4_000, 9_999 + skew)).toBe(0);
    }
  });

  it('forgets a smallest delay of more than a minute ago', () => {
    const tracker = new DelayTracker();
    tracker.extraDelay('a', 0, 1);
    for (let at = 1_000; at < 120_000; at += 1_000) tracker.extraDelay('a', at, at + 50);
    expect(tracker.extraDelay('a', 120_000, 120_050)).toBe(0);
  });
});
