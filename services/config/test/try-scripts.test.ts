import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace(), { SCRIPT_TIMEOUT_MS: '600' });
});
afterAll(() => replica.drain());

const run = (script: string, payload?: unknown) => replica.send('POST', '/test/script', { script, payload });

describe('a script that is tried out', () => {
  it('gives the value of its last expression for the payload, what it logged, and how long it took', async () => {
    const { status, body } = await run('console.log("sum of", $.a, $.b); $.a + $.b', { a: 1, b: 2 });
    expect(status).toBe(200);
    expect(body).toEqual({ result: 3, logs: ['sum of 1 2'], durationMs: expect.any(Number) });
    expect(
      (await run('(function () { return $.value1 + $.value2; })();', { value1: 'x', value2: 'y' })).body,
    ).toMatchObject({
      result: 'xy',
    });
    expect((await run('undefined')).body).toMatchObject({ result: null });
    expect((await run('$')).body, 'no payload is an empty object').toMatchObject({ result: {} });
  });

  it('that throws or does not compile says where, with what it had logged', async () => {
    expect(await run('console.log("before");\nlet a = 1;\n  throw new Error("no luck")')).toMatchObject({
      status: 200,
      body: {
        error: { code: 'script-failed', message: expect.stringContaining('no luck'), line: 3, column: 9 },
        logs: ['before'],
      },
    });
    const { body } = await run('let a = 1;\nlet b = ;');
    expect(body.error).toMatchObject({ message: expect.stringContaining('SyntaxError'), line: 2, column: 9 });
    expect(body).not.toHaveProperty('result');
  });

  it('that loops, or takes all memory, is ended; the next one runs', async () => {
    expect((await run('for (;;);')).body).toMatchObject({ error: { code: 'script-timeout' } });
    expect((await run('new Array(2 ** 28).fill(1)')).body.error.code).toMatch(/^script-(?:memory|timeout)$/);
    expect((await run('1')).body).toMatchObject({ result: 1 });
  });

  it('leaves nothing behind for the next', async () => {
    await run('globalThis.left = 1; Object.prototype.left = 2');
    expect((await run('typeof left + typeof ({}).left')).body).toMatchObject({ result: 'undefinedundefined' });
  });

  it('is refused when there is none, or a member that is not known', async () => {
    const refused = await replica.send('POST', '/test/script', { payload: {}, code: '1' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'configuration-invalid' } });
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/code',
      '/script',
    ]);
  });

  it('needs a token', async () => {
    const answer = await fetch(`${replica.url}/api/gateway/config/test/script`, {
      method: 'POST',
      body: '{"script":"1"}',
    });
    expect(answer.status).toBe(401);
  });
});
