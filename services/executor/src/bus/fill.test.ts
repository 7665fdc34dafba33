import type { Bus } from '@rostrum/shared/bus';
import { type CacheFill, cacheFill, type Outcome } from '@rostrum/shared/messages';
import { expect, it } from 'vitest';
import type { Deps } from '../pipeline/context.ts';
import { fillFor } from './fill.ts';

/** What the cache is told of this outcome. */
async function fillOf(outcome: Outcome): Promise<CacheFill> {
  const fills: Uint8Array[] = [];
  const bus = {
    subjects: { fill: 'fill' },
    async request(_subject: string, fill: Uint8Array) {
      fills.push(fill);
    },
  } as unknown as Bus;
  const deps = { revisions: { get: async () => ({ route: { cache: { ttlSeconds: 60 } } }) } } as unknown as Deps;
  await fillFor({ service: 's', revision: 1, route: 'r', cacheKey: 'k', cacheHolder: 'h' }, outcome, 1_000, bus, deps);
  return cacheFill.decode(fills[0] as Uint8Array);
}

const body = Buffer.from('x');
const own = (status: number): Outcome => {
  return { kind: 'ok', body, workflowId: 'w', response: { status, headers: { 'content-type': 'text/plain' } } };
};

it('a route’s own response is kept with its status and headers', async () => {
  const { result, meta } = await fillOf(own(404));
  expect([result, JSON.parse(meta)]).toEqual(['stored', { status: 404, headers: { 'content-type': 'text/plain' } }]);
  expect(await fillOf({ kind: 'ok', body, workflowId: 'w' })).toMatchObject({ result: 'stored', meta: '' });
});

it('one that says that the route failed is not kept', async () => {
  expect(await fillOf(own(500))).toMatchObject({ result: 'released', meta: '' });
});
