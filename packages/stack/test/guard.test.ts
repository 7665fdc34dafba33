import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 90_000 });

async function startFixture(
  onTestFinished: TestContext['onTestFinished'],
): Promise<{ parent: ChildProcess; pids: number[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'rostrum-guard-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const parent = fork(fileURLToPath(new URL('./fixture.ts', import.meta.url)), [directory], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [chunk] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const { pids } = JSON.parse(chunk.toString()) as { pids: number[] };
  return { parent, pids };
}

// At the same time: each waits for the guard's grace to end. Processes are looked at by way of /proc.
describe.runIf(process.platform === 'linux').concurrent('the guard', () => {
  test('nothing outlives a parent that was killed by SIGKILL: not servers, not who ignores SIGTERM, not grandchildren', async ({
    onTestFinished,
  }) => {
    const { parent, pids } = await startFixture(onTestFinished);
    expect(await Promise.all(pids.map(isRunning))).toEqual([true, true, true, true]);
    parent.kill('SIGKILL');
    await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true), 'all processes to end');
  });

  test('nothing outlives a parent that exits without stopping what it started', async ({ onTestFinished }) => {
    const { parent, pids } = await startFixture(onTestFinished);
    parent.send('exit');
    await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true), 'all processes to end');
  });

  test('nothing outlives a parent whose guard was killed first', async ({ onTestFinished }) => {
    const { parent, pids } = await startFixture(onTestFinished);
    const guards = await childrenOf(parent.pid as number, 'guard-process');
    expect(guards).toHaveLength(1);
    process.kill(guards[0] as number, 'SIGKILL');
    await until(async () => {
      const now = await childrenOf(parent.pid as number, 'guard-process');
      return now.length === 1 && now[0] !== guards[0];
    }, 'a new guard');
    parent.kill('SIGKILL');
    await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true), 'all processes to end');
  });
});

/** Whether a process runs; one that has ended but was not yet reaped does not. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}

async function childrenOf(pid: number, commandPart: string): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);
  const commands = await Promise.all(
    children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')),
  );
  return children.filter((_, index) => commands[index]?.includes(commandPart)).map(Number);
}
