import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { waitFor } from '@rostrum/testkit';
import { expect, it } from 'vitest';
import type { Execution, HeldLock } from './execute.ts';
import { createRefreshes, type RefreshResult } from './refreshes.ts';

const ok: Outcome = { kind: 'ok', body: Buffer.alloc(0), workflowId: 'w' };
const away: Outcome = { kind: 'problem', problem: new Problem('service-unavailable', 'Nobody.') };
const caller = AbortSignal.abort();
const execution = {
  match: { compiled: { route: { timeoutMs: 5_000 } } },
  ...{ remaining: () => 0, patience: () => 0, hungUp: caller },
} as unknown as Execution;
const lock = (key: string): HeldLock => ({ key, holder: 'r' });

function refreshes(answer: () => Promise<{ outcome: Outcome; notTaken: boolean }>) {
  const seen = { executions: [] as Execution[], released: [] as string[], results: [] as RefreshResult[] };
  const made = createRefreshes({
    executor: {
      execute(of) {
        seen.executions.push(of);
        return answer();
      },
      look: () => Promise.reject(new Error('not asked')),
    },
    cache: { release: ({ key }) => void seen.released.push(key) },
    most: 1,
    onEnd: (result) => void seen.results.push(result),
  });
  return { ...seen, ...made };
}

it('a refresh has time of its own, and does not end with its caller', async () => {
  const { start, executions, results } = refreshes(async () => ({ outcome: ok, notTaken: false }));
  start(execution, lock('a'));
  await waitFor(() => results.length > 0);
  const [run] = executions;
  expect([run?.patience(), run?.hungUp.aborted, results]).toEqual([undefined, false, ['done']]);
  expect(run?.remaining()).toBeGreaterThan(4_000);
});

it('one that nobody takes frees its lock, and so does one too many', async () => {
  const { promise, resolve } = Promise.withResolvers<{ outcome: Outcome; notTaken: boolean }>();
  const { start, executions, released, results } = refreshes(() => promise);
  start(execution, lock('a'));
  start(execution, lock('b'));
  expect([executions.length, released]).toEqual([1, ['b']]);
  resolve({ outcome: away, notTaken: true });
  await waitFor(() => results.length === 2);
  expect([released, results]).toEqual([
    ['b', 'a'],
    ['refused', 'failed'],
  ]);
});

it('who leaves begins none, and does not wait for the end of those that are taken', async () => {
  const { start, leave, released, executions } = refreshes(() => new Promise(() => {}));
  start(execution, lock('a'));
  await leave();
  start(execution, lock('b'));
  expect([executions.length, released]).toEqual([1, ['b']]);
});
