import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'rostrum-provision-'));
let volumes = '';
let made = 0;
beforeEach(() => {
  volumes = join(root, `${++made}`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const script = join(import.meta.dirname, '..', 'src', 'provision.ts');
const newKey = () => randomBytes(32).toString('base64');
const secret = (volume: string, file: string) => readFileSync(join(volumes, volume, file), 'utf8');

function provision(env: Record<string, string> = {}): Promise<{ code: number; errors: string }> {
  const all = { PATH: process.env.PATH, VOLUMES: volumes, ...env };
  return new Promise((resolve) =>
    execFile(process.execPath, [script], { env: all }, (error, _out, errors) =>
      resolve({ code: error ? Number(error.code) : 0, errors }),
    ),
  );
}

describe('the secrets of an installation in containers', () => {
  it('are made once, and stay', async () => {
    expect(await provision()).toMatchObject({ code: 0 });
    const before = [secret('config', 'master-key'), secret('ingress', 'digest-key'), secret('executor', 'nats-url')];
    expect(await provision()).toMatchObject({ code: 0 });
    expect([secret('config', 'master-key'), secret('ingress', 'digest-key'), secret('executor', 'nats-url')]).toEqual(
      before,
    );
  });

  it('that were given are kept when they are not given the next time', async () => {
    const MASTER_KEY = newKey();
    expect(await provision({ MASTER_KEY })).toMatchObject({ code: 0 });
    expect(await provision()).toMatchObject({ code: 0 });
    expect(secret('config', 'master-key')).toBe(MASTER_KEY);
  });

  it.each([
    ['MASTER_KEY', newKey()],
    ['DIGEST_KEY', `other:${newKey()}`],
  ])('are never replaced by another %s', async (name, other) => {
    await provision();
    const before = readFileSync(join(volumes, 'state', 'keys.json'), 'utf8');
    const { code, errors } = await provision({ [name]: other });
    expect([code, errors]).toEqual([1, expect.stringContaining(`another ${name}`)]);
    expect(errors).not.toContain(other);
    expect(readFileSync(join(volumes, 'state', 'keys.json'), 'utf8')).toBe(before);
  });

  it('may have another administrator’s secret', async () => {
    await provision();
    expect(await provision({ ADMIN_KEY_SECRET: 'mine' })).toMatchObject({ code: 0 });
    expect(secret('config', 'admin-key-secret')).toBe('mine');
  });
});
