import { setImmediate as nextTurn } from 'node:timers/promises';
import { namespace, useNats } from '@rostrum/testkit';
import { expect, it } from 'vitest';
import { route, startReplica } from './replica.ts';

const nats = useNats();

/** Takes config many seconds to compile, were it let. */
const slow = (title: string) => {
  const patternProperties = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`${i}`, { type: 'string' }]));
  return { title, patternProperties, additionalProperties: false };
};

/** A schema is given up after two seconds: a gap of one between turns of the event loop is somebody compiling. */
const gapMs = 1_000;

it('schemas that take long to compile are refused, and others have their turn between each two of them', async () => {
  const replica = await startReplica(nats.url, namespace());
  const routes = ['a', 'b', 'c'].map((name) => route('POST', `/${name}`, { inputSchema: slow(name) }));
  const state = { done: false };
  const sent = replica.send('POST', '/services', { id: 's', path: '/s', routes }).finally(() => (state.done = true));
  // The replica runs in this process: its turns are ours.
  let gaps = 0;
  const others: Promise<Response>[] = [];
  for (let last = performance.now(); !state.done; ) {
    await nextTurn();
    const now = performance.now();
    if (now - last > gapMs) {
      gaps += 1;
      others.push(fetch(`${replica.url}/api/version`));
    }
    last = now;
  }
  const answer = await sent;
  expect(answer.status).toBe(400);
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
    ['a', 'b', 'c'].map((_, index) => `/routes/${index}/inputSchema`),
  );
  expect(gaps, 'one for each schema').toBeGreaterThanOrEqual(routes.length);
  for (const { status } of await Promise.all(others)) expect(status).toBe(200);
  await replica.drain();
}, 60_000);
