import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const fixture = join(import.meta.dirname, 'fixture.ts');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs the fixture service until it prints `until`, then until it ends. */
async function run(env: Record<string, string>, act?: { until: string; signals: NodeJS.Signals[] }) {
  const child = spawn(process.execPath, [fixture], { env: { ...process.env, ...env } });
  children.push(child);
  let output = '';
  const closed = once(child, 'close') as Promise<[number | null]>;
  const seen = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (act && output.includes(act.until)) seen.resolve();
    });
  }
  if (act) {
    await seen.promise;
    for (const signal of act.signals) child.kill(signal);
  }
  const [code] = await closed;
  return { code, output };
}

describe('a service process', () => {
  it('announces that it is ready, drains on SIGTERM and SIGINT, and exits with 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { code, output } = await run({ LOG_LEVEL: 'error' }, { until: '"msg":"ready"', signals: [signal] });
      expect(code).toBe(0);
      expect(output).toContain('"addresses":{"http":"http://here"}');
      expect(output).toContain('closed everything');
    }
  });

  it('exits with 2 and every fault when its settings are not valid', async () => {
    const { code, output } = await run({ LOG_LEVEL: 'loud', DRAIN_TIMEOUT_MS: 'never' });
    expect(code).toBe(2);
    expect(output).toMatch(/^fixture: Settings are not valid:\n {2}LOG_LEVEL: [^\n]+\n {2}DRAIN_TIMEOUT_MS: /);
  });

  it('exits with 1 when it cannot start, when nobody handles an error, and when it drains too long', async () => {
    expect(await run({ FAIL: 'start' })).toMatchObject({ code: 1, output: expect.stringContaining('cannot start') });
    expect(await run({ FAIL: 'later' })).toMatchObject({
      code: 1,
      output: expect.stringContaining('unhandled rejection'),
    });
    const late = await run(
      { FAIL: 'drain', DRAIN_TIMEOUT_MS: '100' },
      { until: '"msg":"ready"', signals: ['SIGTERM'] },
    );
    expect(late).toMatchObject({ code: 1, output: expect.stringContaining('not drained within 100 ms') });
  });

  it('can be stopped while it still waits for what it needs', async () => {
    expect(await run({ FAIL: 'wait' }, { until: 'waiting', signals: ['SIGTERM'] })).toMatchObject({ code: 0 });
  });
});
