import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { noteEnds } from './ends.ts';

const server = { close: async () => {} };
afterEach(() => server.close());

/** A server whose calls wait in `at` until they are let go, and a caller who hangs up as soon as they do. */
async function cutCall(request: string, at: 'handler' | 'onRequest', handler: () => Promise<unknown>) {
  const [entered, closed, go] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const ended = Promise.withResolvers<void>();
  const notes: unknown[] = [];
  const ran: string[] = [];
  const fastify = Fastify();
  server.close = () => fastify.close();
  noteEnds(fastify, (_request, { status, cut, address }) => {
    notes.push([status, cut, address]);
    ended.resolve();
  });
  const wait = async (where: string) => {
    if (at !== where) return;
    entered.resolve();
    await go.promise;
  };
  fastify.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => closed.resolve());
    await wait('onRequest');
  });
  fastify.all('/', async () => {
    ran.push('handler');
    await wait('handler');
    return handler();
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(request);
  await entered.promise;
  socket.resetAndDestroy();
  await closed.promise;
  const before = notes.length;
  go.resolve();
  await ended.promise;
  return { before, notes, ran };
}

const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
const refusal = Object.assign(new Error('taken'), { statusCode: 409 });

const outcomes: [string, () => Promise<unknown>, number][] = [
  ['a body', () => Promise.resolve({ done: true }), 200],
  ['no body', () => Promise.resolve(), 200],
  ['a refusal', () => Promise.reject(refusal), 409],
  ['a fault', () => Promise.reject(new Error('fault')), 500],
];

it.each(outcomes)(
  'a call whose caller hung up is noted once, when its outcome is known: %s',
  async (_, handler, status) => {
    for (const request of [get, post]) {
      const { before, notes } = await cutCall(request, 'handler', handler);
      expect([before, notes]).toEqual([0, [[status, true, '127.0.0.1']]]);
      await server.close();
    }
  },
);

it('a call whose caller hung up before it began is not begun, and noted as refused', async () => {
  for (const request of [get, post]) {
    const { notes, ran } = await cutCall(request, 'onRequest', async () => 'done');
    expect([notes, ran]).toEqual([[[400, true, '127.0.0.1']], []]);
    await server.close();
  }
});

it('a call whose caller hung up within its body is noted', async () => {
  const fastify = Fastify();
  server.close = () => fastify.close();
  const [begun, noted] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
  noteEnds(fastify, (_request, end) => noted.resolve(end));
  fastify.addHook('preParsing', async () => begun.resolve());
  fastify.post('/', async () => 'done');
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(post.slice(0, -1));
  await begun.promise;
  socket.resetAndDestroy();
  expect(await noted.promise).toMatchObject({ cut: true, address: '127.0.0.1' });
});

it('a call whose caller hung up with its last byte, before that was read, is noted', async () => {
  const fastify = Fastify();
  server.close = () => fastify.close();
  const noted = Promise.withResolvers<unknown>();
  noteEnds(fastify, (_request, end) => noted.resolve(end));
  // The request is over by then; that the answer is over, too, is heard of later.
  fastify.addHook('onRequest', async ({ raw }) => void (await once(raw, 'aborted')));
  fastify.post('/', async () => 'done');
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(post);
  socket.resume();
  expect(await noted.promise).toMatchObject({ status: 400 });
});

it('a call that was answered is noted once', async () => {
  const fastify = Fastify();
  server.close = () => fastify.close();
  const notes: unknown[] = [];
  noteEnds(fastify, (_request, { status, cut }) => notes.push([status, cut]));
  fastify.get('/', async () => 'done');
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`${get}${get.replace('GET / ', 'GET /none ').replace('host', 'connection: close\r\nhost')}`);
  socket.resume();
  await once(socket, 'close');
  expect(notes).toEqual([
    [200, false],
    [404, false],
  ]);
});
