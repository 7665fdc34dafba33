import { type ComposeService, Containers } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Allowed,
  everywhere,
  expectSeen,
  type Fault,
  faulted,
  lastsMs,
  untilBypassed,
  untilSeen,
  withoutRedis,
} from './faulting.ts';
import { logsOnFailure, publishRoutes } from './support.ts';

/**
 * A container that is taken off a network: no packet gets through and nothing says so, neither to it nor to the others.
 * Each stands alone in its service, so that what is seen is what its absence does.
 */

let gateway: Containers;
beforeAll(async () => {
  gateway = await Containers.start();
  await publishRoutes(gateway);
});
afterAll(() => gateway?.stop());
beforeEach(() => logsOnFailure(() => gateway));

function parted(service: ComposeService, from: 'bus' | 'data', lasts: Fault['lasts']): Fault {
  const each = async (...args: string[]) => {
    const [container] = await gateway.names(service);
    await gateway.docker('network', ...args, gateway.network(from), container as string);
  };
  return { begin: () => each('disconnect'), lasts, end: () => each('connect', '--alias', service) };
}

async function expectParted(fault: Fault, allowed: Allowed): Promise<void> {
  const { during, after } = await faulted(gateway, fault);
  expect(during.length).toBeGreaterThan(0);
  expectSeen(during, allowed);
  expectSeen(after, everywhere(200));
}

describe('off the bus', () => {
  it('ingress: 504 where it was not known yet, then 503', () =>
    expectParted(parted('ingress', 'bus', untilSeen(503, 30)), everywhere(200, 503, 504)));

  it('the only executor: 504 by the deadline, 503 once NATS knows', () =>
    expectParted(parted('executor', 'bus', untilSeen(503, 30)), everywhere(200, 503, 504)));

  it('the only cache: all is executed, a little later at first', () =>
    expectParted(parted('cache', 'bus', lastsMs(6_000)), everywhere(200)));

  it('config: nobody sees anything of it', () =>
    expectParted(parted('config', 'bus', lastsMs(12_000)), everywhere(200)));
});

describe('off Redis', () => {
  it('the only executor: what needs a permit is told 503', () =>
    expectParted(parted('executor', 'data', untilSeen(503)), withoutRedis));

  it('the only cache: all is executed', () => expectParted(parted('cache', 'data', untilBypassed), everywhere(200)));
});
