import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isPortTaken, StartError, startChild, withFreePort } from '../src/index.ts';

const node = (script: string) => ({ name: 'it', command: process.execPath, args: ['-e', script] });
const ready = (line: string) => (line.startsWith('ready') ? line : undefined);

test('what ends before it is ready is a StartError with its last words', async () => {
  const start = startChild({ ...node('console.error("no luck today"); process.exit(3)'), ready });
  await expect(start).rejects.toThrow(
    /it did not start: it ended with exit code 3\. Its last lines:\n {2}no luck today/,
  );
});

test('what takes too long to get ready is stopped', async () => {
  const start = startChild({ ...node('console.log(process.pid); setInterval(() => {}, 1000)'), ready, timeoutMs: 300 });
  const error = await start.catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toContain('not ready after 300 ms');
  expect(() => process.kill(Number((error as StartError).lines[0]), 0)).toThrow('ESRCH');
});

test('a start can be given up', async () => {
  const giveUp = new AbortController();
  const start = startChild({ ...node('setInterval(() => {}, 1000)'), ready, signal: giveUp.signal });
  giveUp.abort();
  await expect(start).rejects.toThrow('the start was given up');
});

test('a program that does not exist is a StartError, not a crash', async () => {
  await expect(startChild({ name: 'it', command: '/does/not/exist', args: [], ready })).rejects.toThrow(
    /it did not start: .*ENOENT/,
  );
});

test('stop asks first, and kills who does not listen', async () => {
  const polite = await startChild({
    ...node('process.on("SIGTERM", () => process.exit(7)); console.log("ready"); setInterval(() => {}, 1000)'),
    ready,
  });
  expect(await polite.stop()).toEqual({ code: 7, signal: null });
  const stubborn = await startChild({
    ...node('process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)'),
    ready,
  });
  expect(await stubborn.stop('SIGTERM', 100)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a free port that was taken in the meantime is exchanged for another', async () => {
  const taken = createServer();
  const ports: number[] = [];
  await withFreePort(async (port) => {
    ports.push(port);
    if (ports.length === 1) await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    const child = await startChild({
      ...node(`require("net").createServer().listen(${port}, "127.0.0.1", () => console.log("ready"))`),
      ready,
    });
    await child.stop();
  });
  taken.close();
  expect(ports).toHaveLength(2);
});

test('only a port that is taken counts as one', () => {
  expect(isPortTaken(new Error('listen EADDRINUSE: address already in use 127.0.0.1:80'))).toBe(true);
  expect(isPortTaken(new Error('listen EACCES: permission denied 127.0.0.1:80'))).toBe(false);
});
