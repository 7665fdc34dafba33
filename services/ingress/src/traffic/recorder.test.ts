import { describe, expect, it } from 'vitest';
import { TrafficRecorder } from './recorder.ts';

describe('the traffic recorder', () => {
  it('counts answers by route and status, and begins anew when they are taken', () => {
    const recorder = new TrafficRecorder(10);
    recorder.add('s', 'GET /a', 200, 5);
    recorder.add('s', 'GET /a', 200, 5);
    recorder.add('s', 'GET /a', 503, 0);
    recorder.add('t', 'GET /a', 200, 7);
    const [a, b, ...rest] = recorder.take();
    expect(a).toMatchObject({ service: 's', route: 'GET /a', statuses: { 200: 2, 503: 1 } });
    expect(a?.totalMs).toBeCloseTo(10, 1);
    expect(a?.bins.map(([, count]) => count).sort()).toEqual([1, 2]);
    expect(b).toMatchObject({ service: 't', statuses: { 200: 1 } });
    expect(rest).toEqual([]);
    expect(recorder.take()).toEqual([]);
  });

  it('counts what became of requests in the cache, of routes that have one', () => {
    const recorder = new TrafficRecorder(10);
    for (const outcome of ['hit', 'hit', 'miss', undefined] as const) recorder.add('s', 'cached', 200, 1, outcome);
    recorder.add('s', 'plain', 200, 1);
    const [cached, plain] = recorder.take();
    expect(cached).toMatchObject({ statuses: { 200: 4 }, cache: { hit: 2, miss: 1 } });
    expect(plain).not.toHaveProperty('cache');
  });

  it('keeps so many routes apart, and loses no answer of the others', () => {
    const recorder = new TrafficRecorder(2);
    for (const route of ['a', 'b', 'c', 'd', 'a']) recorder.add('s', route, 200, 1);
    recorder.add('t', 'x', 200, 1);
    const counts = recorder.take().map(({ service, route, statuses }) => [service, route, statuses['200']]);
    expect(counts).toEqual([
      ['s', 'a', 2],
      ['s', 'b', 1],
      ['s', '', 2],
      ['t', '', 1],
    ]);
  });
});
