import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBinary, freePort, startNats, startRedis } from '../src/index.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rostrum-servers-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.for([
  ['nats-server', 'NATS_URL'],
  ['redis-server', 'REDIS_URL'],
] as const)('when %s cannot be had, the message names every way to get it', async ([server, variable]) => {
  const nowhere = { folders: [], directory: join(directory, 'none'), debian: false, docker: false };
  await expect(findBinary(server, nowhere)).rejects.toThrow(
    new RegExp(`^${server} is missing .*put ${server} on PATH, or start Docker, or set ${variable} to a server`),
  );
});

test('without packages and programs, a container runs the server', async () => {
  const docker = { folders: [], directory: join(directory, 'none'), debian: false, docker: true };
  expect(await findBinary('nats-server', docker)).toEqual({ kind: 'container', image: 'nats:2.10-alpine' });
});

test('a program on PATH wins', async () => {
  const { path } = (await findBinary('redis-server')) as { path: string };
  const found = await findBinary('redis-server', { folders: [join(path, '..')] });
  expect(found).toEqual({ kind: 'program', path: join(path, '..', 'redis-server'), env: {}, from: 'PATH' });
});

test('a port that was asked for and is taken is an error that says so', async () => {
  const port = await freePort();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  await expect(startNats({ dir: join(directory, 'nats'), port })).rejects.toThrow(/address already in use/);
  await expect(startRedis({ dir: join(directory, 'redis'), port })).rejects.toThrow(/address already in use/i);
  taken.close();
});
