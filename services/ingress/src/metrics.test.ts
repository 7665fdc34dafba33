import { cacheAnswer } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import type { Request } from './pipeline/context.ts';
import { renderProblem } from './pipeline/render.ts';

const request: Request = {
  requestId: 'r',
  method: 'POST',
  url: '/what/ever?a=b',
  headers: {},
  receivedAt: performance.now(),
  readBody: async () => Buffer.alloc(0),
  hungUp: () => new AbortController().signal,
};

it('requests are counted by what they were matched to and how they ended; what matched nothing is one series', async () => {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const matched = { service: 's', route: 'POST /r/{id}' };
  const ok = { status: 200, headers: {}, body: undefined };
  metrics.answered({ ...request, matched }, ok);
  metrics.answered({ ...request, matched }, renderProblem(new Problem('overloaded', 'Busy.'), request, {}));
  for (const url of ['/a', '/b', '/c']) {
    const lost = { ...request, url };
    metrics.answered(lost, renderProblem(new Problem('route-not-found', 'Nothing there.'), lost, {}));
  }
  metrics.answered({ ...request, matched: { service: 's' } }, { ...ok, status: 204 });
  const lines = (await registry.metrics()).split('\n');
  expect(lines.filter((line) => line.startsWith('rostrum_ingress_requests_total{'))).toEqual([
    'rostrum_ingress_requests_total{service="s",route="POST /r/{id}",status="200",outcome="ok"} 1',
    'rostrum_ingress_requests_total{service="s",route="POST /r/{id}",status="503",outcome="overloaded"} 1',
    'rostrum_ingress_requests_total{service="none",route="none",status="404",outcome="route-not-found"} 3',
    'rostrum_ingress_requests_total{service="s",route="none",status="204",outcome="ok"} 1',
  ]);
  expect(lines).toContain('rostrum_ingress_request_seconds_count{service="s"} 3');
});

it('answers of the cache are counted by verdict', async () => {
  const registry = new Registry();
  const { cacheAsked } = createMetrics(registry);
  const answer = cacheAnswer.complete({
    verdict: 'run',
    locked: false,
    lockMs: 0,
    ttlSeconds: 0,
    body: Buffer.alloc(0),
  });
  cacheAsked({ ...answer, verdict: 'hit' });
  cacheAsked({ ...answer, verdict: 'run' });
  cacheAsked({ ...answer, verdict: 'run', locked: true });
  cacheAsked('away');
  const text = await registry.metrics();
  for (const verdict of ['hit', 'run', 'run_unlocked', 'away'])
    expect(text).toContain(`rostrum_ingress_cache_answers_total{verdict="${verdict}"} 1`);
});
