import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadKeys } from '../src/index.ts';

async function temporary() {
  const directory = await mkdtemp(join(tmpdir(), 'rostrum-keys-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('keys are made once, for their owner only, and are the same for all who ask at the same time', async () => {
  const directory = await temporary();
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => loadKeys(directory, {})));
  for (const keys of [...others, await loadKeys(directory, {})]) expect(keys).toEqual(first);
  expect((await stat(join(directory, 'keys.json'))).mode & 0o777).toBe(0o600);
});

test('keys have the form that services ask for', async () => {
  const keys = await loadKeys(await temporary(), {});
  expect(Buffer.from(keys.MASTER_KEY, 'base64')).toHaveLength(32);
  const [id, secret] = keys.DIGEST_KEY.split(':');
  expect(id).toMatch(/^[a-z0-9]+$/);
  expect(Buffer.from(secret as string, 'base64')).toHaveLength(32);
});

test('a key in the environment wins, for this time', async () => {
  const directory = await temporary();
  const kept = await loadKeys(directory, {});
  const keys = await loadKeys(directory, { ROSTRUM_DEMO_API_KEY: 'mine' });
  expect(keys).toEqual({ ...kept, ROSTRUM_DEMO_API_KEY: 'mine' });
  expect(await loadKeys(directory, {})).toEqual(kept);
});
