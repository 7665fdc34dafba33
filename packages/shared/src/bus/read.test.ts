import { expect, it } from 'vitest';
import { BusError } from './errors.ts';
import { readOverBus } from './read.ts';

const nothing = new Uint8Array(0);

it('a read without an answer is asked again, for as long as there is time', async () => {
  const timeouts: number[] = [];
  const bus = (answersAt: number) => ({
    async request(_subject: string, _payload: Uint8Array, { timeoutMs }: { timeoutMs: number }) {
      if (timeouts.push(timeoutMs) >= answersAt) return nothing;
      throw new BusError('deadline-exceeded', 'late');
    },
  });
  expect(await readOverBus(bus(3), 's', nothing, 5_000)).toBe(nothing);
  expect(timeouts).toEqual([1_000, 1_000, 1_000]);
  timeouts.length = 0;
  await expect(readOverBus(bus(2), 's', nothing, 500)).rejects.toThrow('late');
  expect(timeouts).toHaveLength(1);
});

it('what cannot be asked at all is told at once', async () => {
  const bus = { request: () => Promise.reject(new BusError('no-responders', 'nobody')) };
  await expect(readOverBus(bus, 's', nothing, 5_000)).rejects.toThrow('nobody');
});
