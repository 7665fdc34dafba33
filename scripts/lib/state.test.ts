import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import { lockState, writeDevFile } from './state.ts';

const content = {
  ingress: 'http://127.0.0.1:1',
  config: 'http://127.0.0.1:2',
  conductor: 'http://127.0.0.1:3/api',
  nats: 'nats://127.0.0.1:4',
  redis: 'redis://127.0.0.1:5',
  admin: { keyId: 'id', keySecret: 'secret' },
  demo: { apiKey: 'key' },
};

test('dev.json is for its owner only, replaces an older one, and goes', async () => {
  const directory = await temporaryDirectory('state');
  const file = join(directory, 'dev.json');
  writeFileSync(file, 'older', { mode: 0o644 });
  const remove = writeDevFile(directory, content);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(content);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  remove();
  expect(existsSync(file)).toBe(false);
});

test('a lock that a crashed machine left behind does not stand in the way', async () => {
  const directory = await temporaryDirectory('state');
  // Process ids beyond what systems give out.
  writeFileSync(join(directory, 'start.pid'), '999999998 999999999\n');
  const release = await lockState(directory);
  expect(readFileSync(join(directory, 'start.pid'), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+\n$`));
  release();
  expect(existsSync(join(directory, 'start.pid'))).toBe(false);
});
