import { readFileSync } from 'node:fs';

/**
 * Resident memory of a process in bytes, from `/proc`; undefined when it has ended, and where there is no `/proc`
 * (macOS, Windows: there the child watches itself, see `child/life.mjs`).
 */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
  } catch {
    return undefined;
  }
}
