import { createLogger } from '@rostrum/service/logger';
import { describe, expect, it } from 'vitest';
import { createAccessLog } from './access-log.ts';
import type { Reply, Request } from './pipeline/context.ts';
import { Steps } from './pipeline/steps.ts';

const settings = { ACCESS_LOG: true, ACCESS_LOG_SAMPLE: 1, ACCESS_LOG_SLOW_MS: 1_000 };

const lines: string[] = [];
const log = createLogger('ingress', 'info', { write: (line) => lines.push(line) });

function logged(request: Partial<Request>, reply: Partial<Reply> = {}, given: Partial<typeof settings> = {}) {
  lines.length = 0;
  const write = createAccessLog({ ...settings, ...given }, log);
  write?.(
    {
      ...{ requestId: 'p-1', method: 'GET', url: '/a/b', headers: {}, receivedAt: performance.now() },
      hungUp: () => new AbortController().signal,
      readBody: async () => Buffer.alloc(0),
      ...request,
    },
    { status: 200, headers: {}, body: undefined, ...reply },
  );
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the access log', () => {
  it('says of a request who asked for what, what became of it, and which steps took how long', () => {
    const steps = new Steps(performance.now());
    steps.done('match');
    steps.spent('execute', 7);
    const matched = { service: 'shop', route: 'GET /{id}', template: '/a/{id}' };
    const request = { ...{ matched, principal: 'key:k:0123', address: '192.0.2.1', bytesIn: 12, steps } };
    const [line] = logged(request, { body: Buffer.from('12345'), headers: { 'cache-status': 'rostrum; hit; ttl=9' } });
    expect(line).toMatchObject({
      ...{ msg: 'request', requestId: 'p-1', method: 'GET', path: '/a/b', status: 200, bytesIn: 12, bytesOut: 5 },
      ...{ service: 'shop', route: 'GET /{id}', principal: 'key:k:0123', address: '192.0.2.1' },
      ...{ cache: 'rostrum; hit; ttl=9', ms: expect.any(Number), steps: { match: expect.any(Number), execute: 7 } },
    });
    expect(Object.keys(line?.steps as object)).toEqual(['match', 'execute']);
  });

  it('has nothing of what may be secret: no query, no header, no body', () => {
    const secret = 'hush-hush';
    const headers = { authorization: `Bearer ${secret}`, cookie: secret, 'x-api-key': secret, 'x-other': secret };
    const found = logged(
      { url: `/a?token=${secret}`, headers },
      { headers: { 'set-cookie': secret, location: secret }, body: Buffer.from(secret) },
    );
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  it('keeps the share of the requests that it is to keep, the same ones everywhere', () => {
    const kept = Array.from({ length: 2_000 }, (_, at) => `process-${at.toString(36)}`).filter(
      (requestId) => logged({ requestId }, {}, { ACCESS_LOG_SAMPLE: 0.1 }).length === 1,
    );
    expect(kept.length).toBeGreaterThan(120);
    expect(kept.length).toBeLessThan(280);
    expect(logged({ requestId: kept[0] as string }, {}, { ACCESS_LOG_SAMPLE: 0.1 })).toHaveLength(1);
  });

  it('keeps all that failed and all that were slow', () => {
    const none = { ACCESS_LOG_SAMPLE: 0 };
    expect(logged({}, {}, none)).toHaveLength(0);
    expect(logged({}, { status: 404 }, none)).toHaveLength(0);
    expect(logged({}, { status: 503 }, none)).toHaveLength(1);
    expect(logged({ receivedAt: performance.now() - 1_500 }, {}, none)).toHaveLength(1);
  });
});
