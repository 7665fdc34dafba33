import { expect, test } from 'vitest';
import { load } from '../src/index.ts';

test('requests run at the given concurrency until told to end, and failures are recorded', async () => {
  const { promise: until, resolve } = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const { count, failures } = await load(
    async (run) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setImmediate(done));
      running--;
      if (run === 50) resolve();
      if (run === 7) throw new Error('seventh');
    },
    { concurrency: 4, until },
  );
  expect(most).toBe(4);
  expect(running).toBe(0);
  expect(count).toBeGreaterThan(50);
  expect(failures.map(({ error }) => error.message)).toEqual(['seventh']);
});

test('requests that all fail at once do not keep the load from ending', async () => {
  const until = new Promise((resolve) => setImmediate(resolve));
  const { count, failures } = await load(() => Promise.reject(new Error('refused')), { until });
  expect(failures).toHaveLength(count);
});

test('when what the load lasts for fails, so does the load', async () => {
  const until = Promise.reject(new Error('restart failed'));
  await expect(load(() => new Promise((done) => setImmediate(done)), { until })).rejects.toThrow('restart failed');
});
