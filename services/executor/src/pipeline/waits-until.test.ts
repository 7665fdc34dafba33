import { deadlineIn } from '@rostrum/shared/bus';
import { describe, expect, it } from 'vitest';
import { waitsUntil } from './waits-until.ts';

const deadline = deadlineIn(30_000);
const waits = (
  request: { respondAsync?: boolean; waitMs?: number },
  mode: 'SYNCHRONOUS' | 'ASYNCHRONOUS' = 'SYNCHRONOUS',
  gone = false,
) => waitsUntil({ respondAsync: false, waitMs: 0, ...request }, { mode }, deadline, { gone }).remaining();

describe('how long a caller waits for the end', () => {
  it('is until its deadline unless it prefers less', () => {
    expect(waits({})).toBeGreaterThan(29_000);
    expect(waits({ waitMs: 5_000 })).toBeGreaterThan(4_000);
    expect(waits({ waitMs: 5_000 })).toBeLessThanOrEqual(5_000);
    expect(waits({ waitMs: 90_000 })).toBeLessThanOrEqual(30_000);
  });

  it('is over when it hangs up', () => {
    expect(waits({}, 'SYNCHRONOUS', true)).toBe(0);
  });

  it('is not at all on an asynchronous route, or where it is to be answered so', () => {
    expect(waits({ respondAsync: true })).toBe(0);
    expect(waits({ waitMs: 5_000 }, 'ASYNCHRONOUS')).toBe(0);
  });
});
