import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** A server whose throughput grows up to `knee` calls in flight and then falls; `noise` is a part of it. */
function server(knee: number, noise = 0) {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  return (inFlight: number) => {
    const rate = inFlight <= knee ? inFlight : knee / (1 + (inFlight - knee) / knee);
    return rate * (1 + noise * (random() * 2 - 1));
  };
}

function settle(knee: number, noise: number, windows: number): number[] {
  const [limit, rate] = [new AdaptiveLimit(), server(knee, noise)];
  return Array.from({ length: windows }, () => {
    limit.measured(rate(limit.current));
    return limit.current;
  });
}

describe('the adaptive limit', () => {
  it.each([3, 8, 20, 60])('finds the knee of a server that does well with %i calls in flight', (knee) => {
    const late = settle(knee, 0.05, 400).slice(200);
    for (const limit of late) {
      expect(limit).toBeGreaterThanOrEqual(Math.floor(knee * 0.6));
      expect(limit).toBeLessThanOrEqual(Math.ceil(knee * 1.6));
    }
  });

  it('stays near the knee where throughput is measured badly', () => {
    const late = settle(10, 0.2, 2_000).slice(400);
    const mean = late.reduce((sum, limit) => sum + limit, 0) / late.length;
    expect(mean).toBeGreaterThan(8);
    expect(mean).toBeLessThan(13);
  });

  it('stays within its bounds', () => {
    expect(Math.min(...settle(1, 0, 200))).toBeGreaterThanOrEqual(2);
    expect(Math.max(...settle(100_000, 0, 500))).toBeLessThanOrEqual(256);
  });

  it('comes back to where it can be compared with less when nobody reaches it', () => {
    const limit = new AdaptiveLimit();
    const rate = server(1_000);
    for (let window = 0; window < 200; window++) limit.measured(rate(limit.current));
    expect(limit.current).toBeGreaterThan(20);
    limit.notReached(3);
    expect(limit.current).toBe(8);
  });
});
