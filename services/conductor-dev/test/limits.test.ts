import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@rostrum/testkit';
import { describe, expect, test } from 'vitest';
import { testedServers } from './conformance/servers.ts';

const [server] = testedServers({ CONDUCTOR_DEV_MAX_RUNNING: '2', CONDUCTOR_DEV_KEEP_ENDED: '50' });

async function request(method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(`${server?.url()}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, text, json: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> };
}

const task = (type: string, inputParameters: object = {}) => ({
  name: 'it',
  taskReferenceName: 'it',
  type,
  inputParameters,
});
const define = async (name: string, ...tasks: object[]) => {
  expect((await request('POST', '/metadata/workflow', { name, tasks })).status).toBe(200);
};
/** Starts a workflow and gives it back when it has ended. */
async function run(name: string) {
  const { text: id } = await request('POST', '/workflow', { name });
  const look = async () => {
    const { json } = await request('GET', `/workflow/${id}`);
    return json.status === 'RUNNING' ? undefined : json;
  };
  return waitFor(look, { timeoutMs: 15_000 });
}

describe('one after the other', () => {
  test('a start beyond the limit is refused until a workflow ends', async () => {
    await define('ask', task('HUMAN'));
    const [first, second] = [
      await request('POST', '/workflow', { name: 'ask' }),
      await request('POST', '/workflow', { name: 'ask' }),
    ];
    const refused = await request('POST', '/workflow', { name: 'ask' });
    expect([refused.status, refused.json]).toEqual([
      429,
      {
        status: 429,
        message:
          'conductor-dev runs 2 workflows already (CONDUCTOR_DEV_MAX_RUNNING); try again when one of them has ended',
        instance: expect.any(String),
        retryable: true,
      },
    ]);
    expect((await request('PUT', `/workflow/${first.text}/pause`)).status).toBe(200);
    expect((await request('POST', '/workflow', { name: 'ask' })).status).toBe(429);
    expect((await request('DELETE', `/workflow/${first.text}`)).status).toBe(200);
    const third = await request('POST', '/workflow', { name: 'ask' });
    expect(third.status).toBe(200);
    expect((await request('POST', `/workflow/${first.text}/retry`)).status).toBe(429);
    expect((await request('GET', `/workflow/${first.text}`)).json.status).toBe('TERMINATED');
    for (const { text } of [second, third]) await request('DELETE', `/workflow/${text}`);
  });

  test('a jq program that does not end is stopped, and the server answers meanwhile', async () => {
    await define('loop', task('JSON_JQ_TRANSFORM', { queryExpression: 'def f: f; f' }));
    await define('length', task('JSON_JQ_TRANSFORM', { queryExpression: 'length' }));
    const running = run('loop');
    const began = performance.now();
    expect((await request('GET', '/version')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await running).toMatchObject({
      status: 'FAILED',
      output: { error: 'Program not finished within 4 seconds, interrupted.' },
    });
    expect(await run('length')).toMatchObject({ status: 'COMPLETED', output: { result: 1 } });
  }, 20_000);

  test.each([
    ['takes all the memory there is', '[range(1e9)]'],
    ['has an endless text', '"x" * 100000000'],
    ['is an option of jq’s command line', '--version'],
  ])(
    'a jq program that %s fails, and the next one runs',
    async (what, queryExpression) => {
      const name = `jq ${what}`;
      await define(name, task('JSON_JQ_TRANSFORM', { queryExpression }));
      expect(await run(name)).toMatchObject({ status: 'FAILED' });
      expect(await run('length')).toMatchObject({ status: 'COMPLETED' });
    },
    20_000,
  );

  test('an answer that is too large fails its task', async () => {
    const large = createServer((_, response) => response.end(Buffer.alloc(11 * 1024 * 1024))).listen(0);
    try {
      const { port } = large.address() as AddressInfo;
      await define('large', task('HTTP', { uri: `http://127.0.0.1:${port}/`, method: 'GET' }));
      const { status, tasks } = await run('large');
      expect(status).toBe('FAILED');
      expect(tasks).toMatchObject([
        { reasonForIncompletion: expect.stringContaining('the answer is larger than 10485760 bytes') },
      ]);
    } finally {
      large.close().closeAllConnections();
    }
  });
});
