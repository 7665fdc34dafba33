import { readFileSync } from 'node:fs';
import { residentBytes } from '../src/memory.ts';
import type { Sandbox, ScriptRun } from '../src/index.ts';

/** A run with what a test does not care about filled in; it has longer than any test lasts. */
export function scriptRun(script: string, given: Partial<ScriptRun> & { value?: unknown } = {}): ScriptRun {
  const { value = null, ...rest } = given;
  return {
    ...{ script, input: JSON.stringify(value), deadlineMs: 240_000, owner: 'orders', revision: 'orders@1:pre' },
    ...rest,
  };
}

/** The value of a script. */
export async function valueOf(sandbox: Sandbox, script: string, given?: Parameters<typeof scriptRun>[1]) {
  return JSON.parse((await sandbox.run(scriptRun(script, given))).output) as unknown;
}

/** What a run was refused with. */
export async function refusal(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    (value) => Promise.reject(new Error(`it succeeded: ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );
}

/** Memory of this process and all the sandbox's children (bytes). */
export function treeBytes(sandbox: Sandbox): number {
  const pids = [process.pid, ...sandbox.stats().children.map(({ pid }) => pid ?? 0)];
  return pids.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0);
}

/** True while there is a process of that id that has not ended (a zombie has). */
export function isAlive(pid: number): boolean {
  return residentBytes(pid) !== undefined;
}

/** Processor time a process has used, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
