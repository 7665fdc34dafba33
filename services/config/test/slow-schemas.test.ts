import { namespace, useNats } from '@rostrum/testkit';
import { expect, it } from 'vitest';
import { route, startReplica } from './replica.ts';

const nats = useNats();

/** Takes config many seconds to compile, were it let. */
const slow = (title: string) => {
  const patternProperties = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`${i}`, { type: 'string' }]));
  return { title, patternProperties, additionalProperties: false };
};

it('schemas that take long to compile are refused, and config serves others meanwhile', async () => {
  const replica = await startReplica(nats.url, namespace());
  const routes = ['a', 'b', 'c'].map((name) => route('POST', `/${name}`, { inputSchema: slow(name) }));
  const state = { done: false };
  const sent = replica.send('POST', '/services', { id: 's', path: '/s', routes }).finally(() => (state.done = true));
  let longest = 0;
  while (!state.done) {
    const begin = performance.now();
    expect((await fetch(`${replica.url}/api/version`)).status).toBe(200);
    longest = Math.max(longest, performance.now() - begin);
  }
  const answer = await sent;
  expect(answer.status).toBe(400);
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
    ['a', 'b', 'c'].map((_, index) => `/routes/${index}/inputSchema`),
  );
  // No more than one of them at a time.
  expect(longest).toBeLessThan(4_000);
  await replica.drain();
}, 30_000);
