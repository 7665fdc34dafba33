import { describe, expect, it } from 'vitest';
import { deadlineIn } from './deadline.ts';
import { SentLately } from './sent-lately.ts';

const item = (name: number, now: number, timeoutMs = 30_000, size = 100) => ({
  name,
  size,
  deadline: deadlineIn(timeoutMs, now),
});
const names = (lately: SentLately<ReturnType<typeof item>>) => lately.take().map(({ name }) => name);

describe('what was sent lately', () => {
  it('is kept for 12 s at least and not for much longer, as long as something is sent', () => {
    const lately = new SentLately<ReturnType<typeof item>>();
    for (let second = 0; second <= 60; second++) lately.add(item(second, second * 1_000), second * 1_000);
    const kept = names(lately);
    expect(kept[0]).toBeLessThanOrEqual(48);
    expect(kept[0]).toBeGreaterThanOrEqual(44);
    expect(kept.at(-1)).toBe(60);
    expect(names(lately)).toEqual([]);
  });

  it('is kept while nothing is sent, however long that is', () => {
    const lately = new SentLately<ReturnType<typeof item>>();
    lately.add(item(1, 1_000), 1_000);
    lately.add(item(2, 600_000), 600_000);
    expect(names(lately)).toEqual([1, 2]);
  });

  it('is not kept when it would be late anyway', () => {
    const lately = new SentLately<ReturnType<typeof item>>();
    lately.add(item(1, 0, 2_900), 0);
    lately.add(item(2, 0, 3_100), 0);
    expect(names(lately)).toEqual([2]);
  });

  it('takes no more room than it may: the oldest goes first', () => {
    const lately = new SentLately<ReturnType<typeof item>>(100_000);
    for (let i = 0; i < 1_000; i++) lately.add(item(i, 0, 30_000, 1_000), 0);
    const kept = names(lately);
    expect(kept.at(-1)).toBe(999);
    expect(kept.length).toBeGreaterThan(75);
    expect(kept.length).toBeLessThan(110);
  });
});
