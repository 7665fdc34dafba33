import { Containers } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admin } from '../support.ts';
import { everywhere, expectSeen, faulted, paused, untilSeen } from './faulting.ts';
import { failures, logsOnFailure, more, publishRoutes, routes, scored, stopped, summary, watched } from './support.ts';

/** With the real Conductor: replicas that come and go, politely and not. */

let gateway: Containers;
beforeAll(async () => {
  gateway = await Containers.start({ conductor: 'real', env: { PERMIT_LEASE_MS: '6000', PERMIT_LOOK_MS: '500' } });
  await publishRoutes(gateway);
  // On a busy machine a Conductor that has only just started fails one of its first workflows now and then.
  await watched(gateway, { scored }, (seen) => more(seen, 40));
});
afterAll(() => gateway?.stop());
beforeEach(() => logsOnFailure(() => gateway));

describe.each(['executor', 'cache', 'config', 'ingress'] as const)('%s', (service) => {
  it('one becomes two, and one of them is told to stop: no request fails', async () => {
    const seen = await watched(gateway, { scored }, async (now) => {
      await more(now);
      await gateway.scale(service, 2);
      await more(now);
      expect(await stopped(gateway, service)).toBe(0);
      await more(now);
    });
    expect(summary(failures(seen))).toEqual({});
  });

  it('two become one when one is killed: at most what was inside is lost, and nothing of cache and config', async () => {
    await gateway.scale(service, 2);
    let killedAt = 0;
    const seen = await watched(gateway, routes, async (now) => {
      await more(now);
      const [, name] = await gateway.names(service);
      await gateway.docker('kill', name as string);
      killedAt = performance.now();
      await gateway.docker('rm', '--force', name as string);
      await more(now, 30);
    });
    const inside = service === 'executor' || service === 'ingress' ? [0, 504] : [];
    const lost = failures(seen);
    expect(summary(lost.filter(({ status }) => !inside.includes(status)))).toEqual({});
    // A connection's end reaches its client a moment later.
    expect(summary(lost.filter(({ beganAt }) => beganAt > killedAt + 1_000))).toEqual({});
    expect(lost.length).toBeLessThanOrEqual(6);
    expect(await gateway.names(service)).toHaveLength(1);
    expect(await admin(gateway, 'GET', '/services')).toEqual(expect.any(Array));
  });
});

describe('Conductor', () => {
  it('frozen for a while: callers are told so by their deadline', async () => {
    const { during, after } = await faulted(gateway, paused(gateway, 'conductor', untilSeen(504)));
    expectSeen(during, everywhere(200, 202, 502, 503, 504));
    expectSeen(after, everywhere(200));
  });
});
