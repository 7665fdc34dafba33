import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import type { Request, RouteMatch } from './context.ts';
import { type RateLimiter, rateChecks } from './limit-rate.ts';

interface Limit {
  key: string;
  limit: number;
}

/** Counts for ever, in memory; scopes are those that were asked for, in order. */
function counting() {
  const counts = new Map<string, number>();
  const scopes: string[] = [];
  const limiter: RateLimiter = {
    take(rule, scope) {
      scopes.push(scope);
      const count = counts.get(scope) ?? 0;
      const admitted = count < rule.limit;
      if (admitted) counts.set(scope, count + 1);
      const giveBack = () => void counts.set(scope, (counts.get(scope) as number) - 1);
      return { admitted, remaining: admitted ? rule.limit - count - 1 : 0, resetMs: 11_200, giveBack };
    },
  };
  return { limiter, scopes };
}

function matchOf(service: Limit | undefined, route: Limit | undefined): RouteMatch {
  const compiled = compileService({
    ...{ format: 1, service: 's', revision: 1, basePath: '/x', enabled: true, auth: { type: 'NONE' } },
    ...(service ? { rateLimit: { ...service, windowMs: 60_000 } } : {}),
    routes: [
      {
        ...{ id: 'POST /', method: 'POST', path: '/', queryParameters: [], requestMetadata: false, pool: 'default' },
        timeoutMs: 1_000,
        ...(route ? { rateLimit: { ...route, windowMs: 1_000 } } : {}),
      },
    ],
  });
  return {
    kind: 'route',
    service: compiled,
    compiled: compiled.paths.find([])?.[0]?.compiled as RouteMatch['compiled'],
    pathParams: {},
  };
}

/** Passes a request through both steps; gives its headers, or the problem with them. */
async function pass(
  match: RouteMatch,
  limiter: RateLimiter,
  input: Record<string, unknown> = {},
  address = '10.0.0.1',
) {
  const request = { url: '/x', address } as Request;
  const headers: Record<string, string> = {};
  const checks = rateChecks(request, match, 'key:k', limiter, headers);
  try {
    await checks.beforeBody();
    await checks.afterMerge(input);
    return { headers };
  } catch (problem) {
    return { headers, problem };
  }
}

describe('rate limits', () => {
  it('say in every answer what they are and what is left', async () => {
    const { limiter } = counting();
    const match = matchOf({ key: 'all', limit: 100 }, { key: '${id}', limit: 1 });
    expect((await pass(match, limiter, { id: 1 })).headers).toEqual({
      'ratelimit-policy': '"service";q=100;w=60, "route";q=1;w=1',
      ratelimit: '"service";r=99;t=12, "route";r=0;t=12',
    });
    const refused = await pass(match, limiter, { id: 1 });
    expect(refused.headers.ratelimit).toBe('"service";r=98;t=12, "route";r=0;t=12');
    expect(refused.problem).toMatchObject({ code: 'rate-limit-reached', extras: { retryAfter: 12 } });
    expect((await pass(match, limiter, { id: 2 })).problem).toBeUndefined();
    expect((await pass(matchOf(undefined, undefined), limiter)).headers).toEqual({});
  });

  it('refuse before the body is read where the key needs none of it, else after', async () => {
    const { limiter, scopes } = counting();
    const match = matchOf({ key: '${id}', limit: 9 }, { key: '${request.principal}', limit: 9 });
    const checks = rateChecks({ url: '/x' } as Request, match, 'key:k', limiter, {});
    await checks.beforeBody();
    expect(scopes).toEqual([expect.stringContaining('key:k')]);
    await checks.afterMerge({ id: 'seven' });
    expect(scopes[1]).toContain('seven');
  });

  it('count a request that one of them refuses for neither', async () => {
    for (const [first, second] of [
      ['all', '${id}'],
      ['${id}', 'all'],
    ] as const) {
      const { limiter } = counting();
      const match = matchOf({ key: first, limit: 2 }, { key: second, limit: 1 });
      const other = matchOf({ key: first, limit: 2 }, undefined);
      expect((await pass(match, limiter)).problem).toBeUndefined();
      for (let n = 0; n < 5; n++) expect((await pass(match, limiter)).problem).toBeDefined();
      expect((await pass(other, limiter)).problem).toBeUndefined();
      expect((await pass(other, limiter)).problem).toBeDefined();
    }
  });

  it('tell apart values, not spellings of addresses; who leaves a field out shares with all who do', async () => {
    const { limiter, scopes } = counting();
    const match = matchOf({ key: '${request.address}', limit: 9 }, { key: '${id}', limit: 9 });
    const addresses = ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '2001:db8:0:0:5::', '2001:db8:0:1::1'];
    for (const address of addresses) await pass(match, limiter, {}, address);
    const [services, routes] = [0, 1].map((of) => scopes.filter((_, index) => index % 2 === of));
    expect(services?.[1]).toBe(services?.[0]);
    expect(services?.[3]).toBe(services?.[2]);
    expect(new Set(services).size).toBe(3);
    expect(new Set(routes).size).toBe(1);
  });

  it('keep no long values', async () => {
    const { limiter, scopes } = counting();
    await pass(matchOf(undefined, { key: '${id}', limit: 9 }), limiter, { id: 'x'.repeat(100_000) });
    expect(scopes[0]?.length).toBeLessThan(250);
  });
});
