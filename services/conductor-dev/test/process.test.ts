import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function startProcess(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const lines: string[] = [];
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const line = (message: string) =>
    lines.map((text) => JSON.parse(text) as Record<string, unknown>).find(({ msg }) => msg === message);
  return { child, line, errors: () => errors, exited: once(child, 'exit') as Promise<[number | null, string | null]> };
}

describe('the process', () => {
  test('announces where it is, answers, and stops without leaving anyone without an answer', async () => {
    const { child, line, exited } = startProcess({ CONDUCTOR_DEV_PORT: '0', OPS_PORT: '0' });
    const ready = await waitFor(() => line('ready'), { what: 'the process to be ready' });
    const { http, ops } = ready.addresses as Record<string, string>;
    expect(await (await fetch(`${http}/health`)).json()).toMatchObject({ healthy: true });
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);

    const post = (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      return fetch(`${http}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    };
    const tasks = [{ name: 'ask', taskReferenceName: 'ask', type: 'HUMAN' }];
    expect((await post('/metadata/workflow', { name: 'flow', tasks })).status).toBe(200);
    const waiting = [
      post('/workflow/execute/flow/1?waitForSeconds=60', { correlationId: 'c' }),
      fetch(`${http}/api/tasks/poll/batch/nothing?count=1&timeout=5000`),
    ];
    await waitFor(async () => {
      const found = (await (await fetch(`${http}/api/workflow/flow/correlated/c`)).json()) as unknown[];
      return found.length > 0;
    });
    child.kill('SIGTERM');
    const answers = await Promise.all(waiting.map(async (answer) => (await answer).json()));
    expect(answers).toEqual([expect.objectContaining({ status: 'RUNNING', signalTimeout: true }), []]);
    expect(await exited).toEqual([0, null]);
  });

  test('says what is wrong with its settings and ends with 2', async () => {
    const { errors, exited } = startProcess({ CONDUCTOR_DEV_PORT: 'http', CONDUCTOR_DEV_KEEP_ENDED: '-1' });
    expect(await exited).toEqual([2, null]);
    expect(errors()).toMatch(/CONDUCTOR_DEV_PORT: .*\n.*CONDUCTOR_DEV_KEEP_ENDED: /);
  });
});
