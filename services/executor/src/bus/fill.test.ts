import { type Bus, BusError, type BusFault } from '@rostrum/shared/bus';
import { cacheFill, type Outcome } from '@rostrum/shared/messages';
import { Problem, type ProblemCode } from '@rostrum/shared/problems';
import { describe, expect, it } from 'vitest';
import type { Deps } from '../pipeline/context.ts';
import { fillFor } from './fill.ts';

const rules = {
  ...{ ttlSeconds: 60, staleWhileRevalidateSeconds: 10, staleIfErrorSeconds: 20 },
  problems: { 'workflow-failed': 5 },
};
const of = { service: 's', revision: 1, route: 'GET /', cacheKey: 'k', cacheHolder: 'h' };
const body = Buffer.from('{}');
const ok: Outcome = { kind: 'ok', body, workflowId: 'w' };
const own = (status: number, headers = {}): Outcome => ({ ...ok, response: { status, headers } });
const failed = (code: ProblemCode): Outcome => ({ kind: 'problem', problem: new Problem(code, 'It failed.') });

/** What a cache is told of this end; it takes it once it has failed in these ways. */
async function told(outcome: Outcome, faults: BusFault[] = [], route: { cache?: typeof rules } = { cache: rules }) {
  const fills: ReturnType<typeof cacheFill.decode>[] = [];
  const versions: number[] = [];
  const bus = {
    subjects: { fill: 'fill' },
    async request(_: string, payload: Uint8Array) {
      fills.push(cacheFill.decode(payload));
      versions.push(payload[0] as number);
      const fault = faults.shift();
      if (fault) throw new BusError(fault, fault);
      return new Uint8Array(0);
    },
  } as unknown as Bus;
  const deps = { revisions: { get: async () => ({ route }) }, sleep: async () => {} } as unknown as Deps;
  await fillFor(of, outcome, 1_234, 60_000, bus, deps);
  return { fills, versions, last: fills.at(-1) };
}

describe('the cache is told to keep', () => {
  it('a whole success, with its route’s times and how long it took', async () => {
    expect((await told(ok)).last).toMatchObject({
      ...{ key: 'k', holder: 'h', result: 'stored', ttlSeconds: 60, runMs: 1_234, meta: '' },
      ...{ staleWhileRevalidateSeconds: 10, staleIfErrorSeconds: 20 },
    });
    const { last } = await told(own(201, { 'content-type': 'text/plain' }));
    expect([last?.result, last?.meta]).toEqual(['stored', '{"status":201,"headers":{"content-type":"text/plain"}}']);
  });

  it.each<[string, Outcome]>([
    ['a part', own(206)],
    ['an error of the route’s own', own(404)],
    ['a redirection', own(302)],
    ['a cookie', own(200, { 'set-cookie': 'a=b' })],
    ['what says it must not be', own(200, { 'cache-control': 'max-age=5, no-store' })],
    ['what is one caller’s', own(200, { 'cache-control': 'private' })],
    ['a 202', { kind: 'accepted', workflowId: 'w', tracked: true }],
    ['what never ran', failed('service-unavailable')],
    ['a revision that is gone', { kind: 'stale' }],
  ])('not %s', async (_, outcome) => {
    expect((await told(outcome)).last).toMatchObject({ result: 'released', ttlSeconds: 0, problemSeconds: 0 });
  });

  it('a problem for as long as the route says, and tells it to those who wait in any case', async () => {
    expect((await told(failed('workflow-failed'))).last).toMatchObject({
      result: 'failed',
      problemSeconds: 5,
      ttlSeconds: 0,
    });
    expect((await told(failed('script-failed'))).last).toMatchObject({ result: 'failed', problemSeconds: 0 });
  });

  it('nothing of a route that is not cached any more', async () => {
    expect((await told(ok, [], {})).last).toMatchObject({ result: 'released' });
  });
});

it('the word is repeated until a cache has taken it', async () => {
  expect((await told(ok, ['failed', 'no-responders', 'deadline-exceeded'])).fills).toHaveLength(4);
});

it('what the bus does not carry is not kept, and its lock is freed', async () => {
  expect((await told(ok, ['too-large'])).last).toMatchObject({ result: 'released', key: 'k', holder: 'h' });
});

it('a cache of the release before is told in its own words, but nothing that it would get wrong', async () => {
  const { versions, last } = await told(ok, ['malformed']);
  expect([versions, last?.result, last?.ttlSeconds]).toEqual([[4, 3], 'stored', 60]);
  expect((await told(own(201), ['malformed'])).last).toMatchObject({ result: 'released' });
});
