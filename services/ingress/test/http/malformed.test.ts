import { connect } from 'node:net';
import { type Gateway, rounds, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Malformed } from './malformed.ts';

/** How many requests are answered, or cut off, in an ordinary run; `--rounds=20` makes it a million. */
const COUNT = 50_000 * rounds;
/** Sent in one piece over one connection; those after one that ends it are not counted. */
const AHEAD = 6;
const SOCKETS = 96;
/** A connection that has not ended by then hangs (ms); every bound of the server is far below. */
const HANG_MS = 20_000;
const last = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

let gateway: Gateway;
beforeAll(async () => {
  const bounds = {
    REQUEST_TIMEOUT_MS: '500',
    HEADERS_TIMEOUT_MS: '300',
    KEEP_ALIVE_MS: '500',
    BODY_LIMIT_BYTES: '2000',
  };
  // Nobody executes: what gets as far as that is answered 503.
  gateway = await startGateway({
    ...{ executor: 0, cache: 0, conductor: { url: 'http://127.0.0.1:9/api' } },
    env: { ingress: { ...bounds, ACCESS_LOG: 'false', LOG_LEVEL: 'error' } },
  });
  const write = async (path: string, json: object) => {
    const response = await gateway.admin.fetch(`/api/gateway/config${path}`, { method: 'POST', json });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  await write('/auth', { id: 'open', authenticationType: 'NONE' });
  const inputSchema = { type: 'object', properties: { a: { type: 'integer' } } };
  const routes = ['GET', 'POST'].map((httpMethod) => ({
    ...{ httpMethod, path: '/open', mappedWorkflow: { name: 'w', version: 1 } },
    ...(httpMethod === 'POST' ? { inputSchema } : {}),
  }));
  await write('/services', { id: 'fuzz', name: 'fuzz', path: '/fuzz', authConfigId: 'open', routes });
  await waitFor(async () => (await fetch(`${gateway.url}/fuzz/open`)).status === 503);
});
afterAll(() => gateway?.stop());

/** One connection: what was answered on it, in order. */
function sendAll(port: number, text: string): Promise<number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const hanging = setTimeout(() => {
    reject(new Error(`hangs, after ${JSON.stringify(received.slice(-500))}, on ${JSON.stringify(text)}`));
    socket.destroy();
  }, HANG_MS);
  socket.setEncoding('latin1').setNoDelay();
  socket.on('data', (piece: string) => (received += piece));
  // What is sent into a connection that the server has ended is answered by a reset.
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(hanging);
    resolve([...received.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status)));
  });
  socket.end(text, 'latin1');
  return promise;
}

const say = (text: string) => process.stdout.write(`malformed requests: ${text}\n`);

async function memoryMb(): Promise<number> {
  const ops = gateway.stack.services.ingress[0]?.ready.ops;
  const metrics = await (await fetch(`${ops}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 1_048_576;
}

it(`${COUNT} malformed requests do no harm: no crash, no hang, no 5xx but 503, no memory kept`, async () => {
  const seed = Number(process.env.ROSTRUM_SEED ?? Date.now() % 1_000_000);
  say(`ROSTRUM_SEED=${seed}`);
  const requests = new Malformed(seed);
  const port = Number(new URL(gateway.url).port);
  const statuses: Record<string, number> = {};
  const wrong: string[] = [];
  let done = 0;
  let warm: number | undefined;
  const begun = performance.now();
  const send = async () => {
    while (done < COUNT && wrong.length === 0) {
      const text = Array.from({ length: AHEAD }, () => requests.next()).join('');
      const got = await sendAll(port, text + last);
      for (const status of got) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status >= 500 && status !== 503) wrong.push(`${status} to one of ${JSON.stringify(text)}`);
      }
      if (got.length === 0) statuses.none = (statuses.none ?? 0) + 1;
      done += Math.max(1, got.length);
      if (done > COUNT / 5) warm ??= await memoryMb();
    }
  };
  const [ingress] = gateway.stack.services.ingress;
  const died = ingress?.exited.then(() => Promise.reject(new Error(`died: ${ingress.lines.slice(-3).join('\n')}`)));
  await Promise.race([died, Promise.all(Array.from({ length: SOCKETS }, send))]);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const after = await memoryMb();
  say(`${done} in ${seconds} s, ${JSON.stringify(statuses)}, ${warm?.toFixed(0)} then ${after.toFixed(0)} MB`);
  expect(wrong).toEqual([]);
  expect(gateway.stack.services.ingress).toHaveLength(1);
  expect((await fetch(`${gateway.url}/fuzz/open`)).status).toBe(503);
  expect(after - (warm as number)).toBeLessThan(150);
});
