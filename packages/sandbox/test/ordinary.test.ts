import { afterAll, describe, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { ContextIsolate } from '../src/child/isolate.mjs';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { readFailure, readOutcome } from '../src/child/outcome.mjs';
import { toLimits } from '../src/limits.ts';
import { knownDifferences, order, ordinaryScripts } from './ordinary.ts';

interface Context {
  run(script: string, input: string, timeoutMs: number): string | undefined;
  clean(): boolean;
  release(): void;
}

const options = toLimits({ memoryLimitMb: 256 }, true).child;
const isolates: Record<'fresh' | 'hardened', { create(): Context; dispose(): void }> = {
  fresh: new ContextIsolate('fresh', options),
  hardened: new ContextIsolate('hardened', options),
};
afterAll(() => Object.values(isolates).forEach((isolate) => isolate.dispose()));

/** Result, logs, message, line and column. */
function outcome(context: Context, script: string): unknown {
  try {
    return readOutcome(context.run(script, JSON.stringify(order), 5_000), 1_000_000);
  } catch (error) {
    return readFailure(error, false);
  }
}

function inFreshContext(script: string): unknown {
  const context = isolates.fresh.create();
  const came = outcome(context, script);
  context.release();
  return came;
}

/** One hardened context for all, as no revision ever has it: each script after all those before it. */
const shared = isolates.hardened.create();
const groups = Object.entries(ordinaryScripts);

describe.each(groups)('in a hardened context as in a fresh one: %s', (group, scripts) => {
  test.each(scripts)('%s', (script) => {
    const expected = inFreshContext(script);
    if (group === 'failing') expect(expected).toMatchObject({ code: 'script-failed' });
    else expect(expected).not.toHaveProperty('code');
    for (let time = 1; time <= 3; time++) {
      expect(outcome(shared, script), `run ${time}`).toEqual(expected);
      expect(shared.clean(), `after run ${time}`).toBe(true);
    }
  });
});

test.each(knownDifferences)('known to differ: %s', (script, fresh, hardened) => {
  expect(inFreshContext(script)).toMatchObject({ text: fresh });
  expect(outcome(shared, script)).toMatchObject({ text: hardened });
  expect(shared.clean()).toBe(true);
});

test('the corpus is large, and has no script twice', () => {
  const all = groups.flatMap(([, scripts]) => scripts);
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(200);
});
