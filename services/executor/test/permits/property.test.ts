import { rounds } from '@rostrum/testkit';
import fc from 'fast-check';
import { test } from 'vitest';
import { Model, type Step, scopes } from './model.ts';
import { useExecutors } from './support.ts';

const executors = useExecutors();
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
  { weight: 3, arbitrary: fc.constant({ do: 'pass' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
);

test('whatever happens, no more than the limit run at once, and all permits are back in the end', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    const model = new Model(executors);
    await model.begin();
    for (const each of steps) await model.run(each);
    await model.end();
  });
  await fc.assert(property, { numRuns: 8 * rounds, endOnFailure: true });
}, 600_000);
