import { rounds } from '@rostrum/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see src/child/frames.mjs
import { ContextIsolate } from '../src/child/isolate.mjs';
import { createSandbox, type Sandbox, ScriptError } from '../src/index.ts';
import { toLimits } from '../src/limits.ts';
import { fingerprint } from './fingerprint.ts';
import { programs } from './programs.ts';
import { isAlive, scriptRun, valueOf } from './support.ts';

/** How long each of these goes on (ms); what it finds, it prints with the seed that repeats it. */
const budgetMs = 4_000 * rounds;

interface Context {
  run(script: string, input: string, timeoutMs: number): string | undefined;
  clean(): boolean;
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ size: 2, spares: 1, graceMs: 50 });
});
afterAll(() => sandbox.close());

const pids = new Set<number>();
function notePids(): void {
  for (const { pid } of sandbox.stats().children) if (pid !== undefined) pids.add(pid);
}

test(
  'whatever the script, the sandbox answers, and no process is left that is not in its pool',
  async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (script) => {
        // Six times, so that the last run is in a hardened context if the script is of that kind; each its own revision.
        for (let time = 0; time < 6; time++) {
          const run = scriptRun(script, { owner: 'fuzz', revision: script, deadlineMs: 150, value: {} });
          const outcome: unknown = await sandbox.run(run).catch((error: unknown) => error);
          if (outcome instanceof Error) {
            expect(outcome).toBeInstanceOf(ScriptError);
            if ((outcome as ScriptError).code !== 'script-failed') break;
          } else JSON.parse((outcome as { output: string }).output);
        }
        notePids();
        const neighbour = 'const names = $.map((n) => `${n}`); leak = typeof leak; [names, leak]';
        const value = await valueOf(sandbox, neighbour, { owner: 'neighbour', revision: 'neighbour@1', value: [1, 2] });
        expect(value).toEqual([['1', '2'], 'undefined']);
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false },
    );
    await expect.poll(() => sandbox.stats().running, { timeout: 5_000 }).toBe(0);
    const ours = new Set(sandbox.stats().children.map(({ pid }) => pid));
    await expect.poll(() => [...pids].filter((pid) => !ours.has(pid) && isAlive(pid)), { timeout: 5_000 }).toEqual([]);
  },
  budgetMs + 30_000,
);

test(
  'whatever the script, the next one in its context finds all as it was, or the context is not used again',
  () => {
    const isolate: { create(): Context; dispose(): void } = new ContextIsolate('hardened', toLimits({}, true).child);
    let context = isolate.create();
    const run = (script: string, timeoutMs = 2_000) => context.run(script, '{}', timeoutMs);
    const before = run(fingerprint);
    expect(context.clean()).toBe(true);
    let [kept, thrownAway] = [0, 0];
    // On a busy machine it takes more than one budget to have seen enough.
    const sawEnough = () => kept > 20;
    for (let time = 0; time < 6 && !sawEnough(); time++) {
      fc.assert(
        fc.property(programs, (script) => {
          const ended = attempt(() => run(script, 100));
          if (ended && context.clean()) {
            kept++;
            expect(run(fingerprint)).toBe(before);
            expect(context.clean()).toBe(true);
          } else {
            thrownAway++;
            // What was ended by force takes its isolate along, as in `main.mjs`.
            if (!ended) isolate.dispose();
            context = isolate.create();
          }
        }),
        { numRuns: 1_000_000, interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false },
      );
    }
    isolate.dispose();
    expect(sawEnough(), `${kept} were kept, ${thrownAway} were thrown away`).toBe(true);
  },
  6 * budgetMs + 30_000,
);

function attempt(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
