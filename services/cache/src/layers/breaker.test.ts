import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../store.ts';
import { Breaker, withinTime } from './breaker.ts';

const never = () => new Promise<never>(() => {});

function newBreaker(timeoutMs = 5) {
  const changes: boolean[] = [];
  const probe = vi.fn(async () => {});
  const onCutOff = vi.fn();
  const onChange = vi.fn((open: boolean) => void changes.push(open));
  const breaker = new Breaker({ timeoutMs, probe, onCutOff, onChange });
  const silent = () => breaker.run(never).catch((error: unknown) => error);
  return { breaker, probe, onCutOff, onChange, changes, silent };
}

describe('a breaker', () => {
  it('opens after three cut-offs in a row; then calls fail at once and reach nobody', async () => {
    const { breaker, changes, silent, onCutOff } = newBreaker();
    for (let n = 0; n < 3; n++) {
      expect(changes).toEqual([]);
      expect(await silent()).toBeInstanceOf(StoreError);
    }
    expect(changes).toEqual([true]);
    expect(onCutOff).toHaveBeenCalledTimes(3);
    const work = vi.fn(never);
    await expect(breaker.run(work)).rejects.toThrow(StoreError);
    expect(work).not.toHaveBeenCalled();
    breaker.close();
  });

  it('takes calls that hang together for one', async () => {
    const { changes, silent, onCutOff } = newBreaker();
    await Promise.all(Array.from({ length: 50 }, silent));
    expect(onCutOff).toHaveBeenCalledTimes(50);
    expect(changes).toEqual([]);
  });

  it('begins to count anew after an answer', async () => {
    const { breaker, changes, silent } = newBreaker();
    for (let n = 0; n < 4; n++) {
      await silent();
      await silent();
      expect(await breaker.run(async () => 'there')).toBe('there');
    }
    expect(changes).toEqual([]);
  });

  it('asks again and again, and closes when a probe is answered', async () => {
    const { breaker, probe, changes, silent, onChange } = newBreaker();
    probe.mockReturnValueOnce(never()).mockRejectedValueOnce(new Error('away'));
    for (let n = 0; n < 3; n++) await silent();
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(2));
    expect(changes).toEqual([true, false]);
    expect(probe).toHaveBeenCalledTimes(3);
    expect(await breaker.run(async () => 'there')).toBe('there');
  });
});

it('an answer that has come while this process was busy is in time', async () => {
  const work = new Promise((resolve) => setImmediate(resolve, 'there'));
  const result = withinTime(work, 1, () => new Error('late'));
  for (const until = performance.now() + 20; performance.now() < until; );
  expect(await result).toBe('there');
});

it('what rejects in time rejects with its own error', async () => {
  await expect(withinTime(Promise.reject(new Error('own')), 1_000, () => new Error('late'))).rejects.toThrow('own');
});
