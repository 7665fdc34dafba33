import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardMessage } from './guard.ts';

/**
 * The guard: a process in a session of its own that outlives whoever started it by the time it takes to clean up.
 * Its argument is what there is to clean up, a JSON array of messages; it reads from standard input what comes to that, one
 * message a line. At the end of input, which also comes when the writer was killed, it stops the processes, removes the
 * containers and files, and exits.
 */

/** How long processes may take to stop by themselves, before they are killed (ms). */
const grace = 4_000;

const children = new Set<number>();
const containers = new Set<string>();
const projects = new Set<string>();
const paths = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for (const message of JSON.parse(process.argv[2] as string) as GuardMessage[]) take(message);
for await (const line of createInterface({ input: process.stdin })) take(JSON.parse(line) as GuardMessage);
await cleanUp();

function take(message: GuardMessage) {
  if ('watch' in message) children.add(message.watch);
  else if ('forget' in message) children.delete(message.forget);
  else if ('container' in message) containers.add(message.container);
  else if ('removed' in message) containers.delete(message.removed);
  else if ('project' in message) projects.add(message.project);
  else if ('downed' in message) projects.delete(message.downed);
  else if ('remove' in message) paths.add(message.remove);
  else if ('keep' in message) paths.delete(message.keep);
}

async function cleanUp() {
  for (const pid of children) send(pid, 'SIGTERM');
  const deadline = Date.now() + grace;
  while ([...children].some(isAlive) && Date.now() < deadline) await delay(20);
  for (const pid of children) send(-pid, 'SIGKILL');
  if (containers.size > 0) spawnSync('docker', ['rm', '--force', ...containers], { stdio: 'ignore' });
  for (const project of projects) removeProject(project);
  for (const path of paths) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** By its label: the compose files may be gone by now. */
function removeProject(project: string) {
  const label = `label=com.docker.compose.project=${project}`;
  for (const [list, ...remove] of [
    [['ps', '--all'], 'rm', '--force', '--volumes'],
    [['volume', 'ls'], 'volume', 'rm', '--force'],
    [['network', 'ls'], 'network', 'rm'],
  ] as [string[], ...string[]][]) {
    const { stdout } = spawnSync('docker', [...list, '--quiet', '--filter', label], { encoding: 'utf8' });
    const found = (stdout ?? '').split('\n').filter(Boolean);
    if (found.length > 0) spawnSync('docker', [...remove, ...found], { stdio: 'ignore' });
  }
}

/** A process that has ended may stand in the table until its new parent has asked for its exit code: it counts as gone. */
function isAlive(pid: number): boolean {
  if (process.platform !== 'linux') return send(pid, 0);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** False when there is no such process; a negative id means its process group. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? Math.abs(pid) : pid, signal);
  } catch {
    return false;
  }
}
