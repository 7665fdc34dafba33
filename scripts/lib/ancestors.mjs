// npm runs a script as npm → sh → node. When npm or sh is killed by SIGKILL, nobody tells this process: it has to look.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Calls `gone` once when a process of the chain between npm and this process is there no more. Looks every 500 ms;
 * does nothing when this was not started by npm (or pnpm, or yarn).
 *
 * @param {() => void} gone
 */
export function watchAncestors(gone) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  // A shell stands between only where it did not replace itself by its last command.
  const grandparent = isShell(parent) ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    // Asking for the parent's id, instead of whether a process lives, also sees one that is dead and not yet reaped.
    const lost = process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent);
    if (!lost) return;
    clearInterval(timer);
    gone();
  }, 500);
  timer.unref();
}

/** @param {number} pid */
function isShell(pid) {
  return /(^|[/-])(sh|bash|dash|zsh|ash|busybox|ksh)$/.test(ask(pid, 'comm').trim());
}

/**
 * @param {number} pid
 * @returns {number | undefined} undefined when there is no such process
 */
function parentOf(pid) {
  return Number.parseInt(ask(pid, 'ppid'), 10) || undefined;
}

/**
 * @param {number} pid
 * @param {'comm' | 'ppid'} what
 */
function ask(pid, what) {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', `${what}=`, '-p', String(pid)], { encoding: 'utf8' });
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = stat.lastIndexOf(')');
    return what === 'comm' ? stat.slice(stat.indexOf('(') + 1, end) : stat.slice(end + 2).split(' ')[1];
  } catch {
    return '';
  }
}
