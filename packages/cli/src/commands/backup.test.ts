import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryDirectory } from '@rostrum/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AdminClient } from '../client.ts';
import { Ui } from '../ui.ts';
import { backup, restore } from './backup.ts';

/** A client of this server, whose calls may take 50 ms. */
async function clientOf(answer: RequestListener): Promise<AdminClient> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new AdminClient({ server: url, key: undefined, token: 'token', from: 'the test' }, 50);
}

const ui = new Ui({ json: true, color: false });
vi.spyOn(ui, 'result').mockReturnValue();

it('a restore and a backup are waited for longer than any other call', async () => {
  const file = join(await temporaryDirectory('backup'), 'a.backup');
  await writeFile(file, 'the backup');
  const held: (() => void)[] = [];
  const sent: Record<string, string> = {};
  const client = await clientOf(async (request, response) => {
    const path = request.url ?? '';
    sent[path] = '';
    for await (const chunk of request) sent[path] += String(chunk);
    if (path.endsWith('/restore')) held.push(() => response.end('{"restored": 1}'));
    if (path.endsWith('/backup')) {
      response.write('first, ');
      held.push(() => response.end('last'));
    }
  });
  const restored = restore({ ui, client }, file, {});
  const written = backup({ ui, client }, `${file}.new`, {});
  await expect.poll(() => held.length).toBe(2);
  await expect(client.get('/slow')).rejects.toThrow(/timeout/);
  for (const go of held) go();
  await Promise.all([restored, written]);
  expect(sent['/api/gateway/config/restore']).toBe('the backup');
  expect(await readFile(`${file}.new`, 'utf8')).toBe('first, last');
});

it('a restore that is refused says why, and so does one that nobody takes', async () => {
  const file = join(await temporaryDirectory('backup'), 'a.backup');
  await writeFile(file, 'the backup');
  const client = await clientOf((_request, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"detail": "A restore is running."}');
  });
  await expect(restore({ ui, client }, file, {})).rejects.toThrow('A restore is running.');
  const away = new AdminClient({ ...client.access, server: 'http://127.0.0.1:1' });
  await expect(restore({ ui, client: away }, file, {})).rejects.toThrow(/127\.0\.0\.1:1\/api.*ECONNREFUSED/);
});
