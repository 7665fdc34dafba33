import type { Service } from '@rostrum/stack';
import {
  type Backend,
  type Balancer,
  type Gateway,
  load,
  rounds,
  startBalancer,
  startGateway,
  waitFor,
} from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, publish, register } from './support.ts';

/** All ingresses replaced one after the other, behind a balancer of TCP, while callers keep their connections. */

/** How long the balancer may need to see that one leaves, with much to spare; far shorter than the slow requests. */
const NOTICE_MS = 400;
const SLOW = '2 seconds';
let gateway: Gateway;
let balancer: Balancer;
beforeAll(async () => {
  gateway = await startGateway({ ingress: 2, env: { ingress: { DRAIN_NOTICE_MS: `${NOTICE_MS}` } } });
  const wait = { name: 'wait', taskReferenceName: 'wait', type: 'WAIT', inputParameters: { duration: SLOW } };
  await register(
    gateway,
    { name: 'quick', tasks: [{ name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE' }] },
    { name: 'slow', tasks: [wait] },
  );
  const route = (name: string) => ({ httpMethod: 'POST', path: `/${name}`, mappedWorkflow: { name, version: 1 } });
  await publish(gateway, 'rolling', [route('quick'), route('slow')]);
  balancer = await startBalancer(gateway.stack.services.ingress.map(backendOf));
});
afterAll(async () => {
  await balancer?.close();
  await gateway?.stop();
});

function backendOf({ ready }: Service): Backend {
  const { hostname: host, port } = new URL(ready.http as string);
  return { host, port: Number(port), readyUrl: `${ready.ops}/readyz` };
}

async function post(path: string): Promise<void> {
  const url = `http://127.0.0.1:${balancer.port}`;
  const { status, body } = await call(gateway, 'POST', path, { key: null, body: {}, url });
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
}

it('a rolling restart of every ingress loses no request, the long ones included', { repeats: rounds - 1 }, async () => {
  const { ingress } = gateway.stack.services;
  const replaced = async () => {
    for (const old of [...ingress]) {
      const behind = [...balancer.backends].find(({ port }) => `${port}` === new URL(old.ready.http as string).port);
      balancer.backends.add(backendOf(await gateway.stack.add('ingress')));
      const begun = performance.now();
      const exit = await old.stop('SIGTERM', 20_000);
      expect(exit).toMatchObject({ code: 0 });
      // It had slow ones under way, and waited for them.
      expect(performance.now() - begun).toBeGreaterThan(NOTICE_MS);
      if (behind) balancer.backends.delete(behind);
    }
  };
  const until = replaced();
  const [quick, slow] = await Promise.all([
    load(() => post('/rolling/quick'), { concurrency: 6, until }),
    load(() => post('/rolling/slow'), { concurrency: 6, until }),
  ]);
  const failed = [...quick.failures, ...slow.failures].map(({ error }) => error.message);
  expect(failed).toEqual([]);
  expect(quick.count).toBeGreaterThan(50);
  expect(slow.count).toBeGreaterThan(6);
  await waitFor(() => ingress.length === 2);
});
