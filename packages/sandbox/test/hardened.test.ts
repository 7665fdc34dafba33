import { afterAll, describe, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { ContextIsolate } from '../src/child/isolate.mjs';
import { toLimits } from '../src/limits.ts';
import { channels } from './channels.ts';
import { fingerprint } from './fingerprint.ts';
import { hostileScripts } from './hostile.ts';

interface Context {
  run(script: string, input: string, timeoutMs: number): string | undefined;
  /** True: without a limit of time, which a busy machine would exceed. */
  clean(unlimited: true): boolean;
}

const isolates = { fresh: newIsolate('fresh'), hardened: newIsolate('hardened') };
afterAll(() => Object.values(isolates).forEach((isolate) => isolate.dispose()));

function newIsolate(kind: 'fresh' | 'hardened'): { create(): Context; dispose(): void } {
  return new ContextIsolate(kind, toLimits({ memoryLimitMb: 512 }, true).child);
}

const run = (context: Context, script: string) => context.run(script, '{}', 5_000);

describe('nothing of a run is seen by the next', () => {
  test.each(channels)('$name', ({ plant, look, closed }) => {
    const clean = run(isolates.fresh.create(), look);
    expect(clean, 'the look itself works').toMatch(/^o/);

    const open = isolates.fresh.create();
    run(open, plant);
    // A channel that nothing would ever show proves nothing.
    if (closed === 'language' || closed === 'anew') expect(run(open, look)).toBe(clean);
    else expect(run(open, look)).not.toBe(clean);

    const hardened = isolates.hardened.create();
    for (let time = 0; time < 2; time++) {
      run(hardened, plant);
      expect(hardened.clean(true)).toBe(closed !== 'thrown away');
      if (closed !== 'thrown away') expect(run(hardened, look)).toBe(clean);
    }
  });

  test('the list is long, and has no name twice', () => {
    expect(new Set(channels.map(({ name }) => name)).size).toBe(channels.length);
    expect(channels.filter(({ closed }) => closed !== 'language' && closed !== 'anew').length).toBeGreaterThanOrEqual(
      60,
    );
  });

  test('whatever the first run did, all that the next can reach is as it was', () => {
    const hardened = isolates.hardened.create();
    const before = run(hardened, fingerprint);
    expect(JSON.parse((before as string).slice(5))[0], 'objects it looked at').toBeGreaterThan(700);
    for (const { plant } of channels.filter(({ closed }) => closed !== 'thrown away')) {
      run(hardened, plant);
      expect(hardened.clean(true)).toBe(true);
      expect(run(hardened, fingerprint), plant).toBe(before);
      expect(hardened.clean(true)).toBe(true);
    }
  });

  const ending = hostileScripts.filter(({ ends }) => !Array.isArray(ends) || ends.join() === 'script-failed');
  test.each(ending)('nor of a hostile one: $name', ({ script, input = '{}' }) => {
    const hardened = isolates.hardened.create();
    const before = run(hardened, fingerprint);
    hardened.clean(true);
    try {
      hardened.run(script, input, 5_000);
    } catch {
      // After this the isolate is thrown away (`main.mjs`).
      return isolates.hardened.dispose();
    }
    if (hardened.clean(true)) expect(run(hardened, fingerprint)).toBe(before);
  });

  test('the fingerprint tells states apart', () => {
    const open = isolates.fresh.create();
    const before = run(open, fingerprint);
    expect(run(open, fingerprint)).toBe(before);
    run(open, '[].values().map(Number).__proto__.next.leak = 1');
    expect(run(open, fingerprint)).not.toBe(before);
  });
});

test('random numbers of a run say nothing of the next one’s', () => {
  const hardened = isolates.hardened.create();
  const script = 'Array.from({ length: 50 }, () => Math.random())';
  const numbers = Array.from({ length: 50 }, () => JSON.parse((run(hardened, script) as string).slice(5)) as number[]);
  expect(new Set(numbers.flat()).size).toBe(2_500);
  for (const number of numbers.flat()) expect(number >= 0 && number < 1).toBe(true);
  // The sum of n uniform numbers is within five standard deviations of its mean but once in a million times.
  const mean = numbers.flat().reduce((sum, number) => sum + number, 0) / 2_500;
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 2_500));
});
