import { rounds } from '@rostrum/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { Model, type Step, scopes } from './model.ts';
import { useExecutors } from './support.ts';

const executors = useExecutors();
// The wall clock alone is the test's: it jumps, for everybody but Redis.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());
const which = fc.nat({ max: 99 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      scope: fc.constantFrom(...scopes),
      times: fc.integer({ min: 1, max: 6 }),
      which,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('start' as const, 'send' as const), which }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'release' as const, 'watch' as const), which }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'close' as const, 'cut' as const), which }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unresolved' as const), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      scope: fc.constantFrom(...scopes),
      times: fc.integer({ min: 1, max: 4 }),
      which,
      ms: fc.integer({ min: 20, max: 1_500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), data: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skew' as const), ms: fc.integer({ min: -1e9, max: 1e9 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'pass' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
);

test('whatever happens, no more than the limit run at once, nobody overtakes who waits, and all permits are back in time', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    const model = new Model(executors);
    await model.begin();
    for (const each of steps) await model.run(each);
    await model.end();
  });
  await fc.assert(property, { numRuns: 8 * rounds, endOnFailure: true });
}, 600_000);
