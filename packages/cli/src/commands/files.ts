import { CliError } from '../exit.ts';
import { findFiles } from '../file/find.ts';
import { type Loaded, loadFiles } from '../file/load.ts';
import { type Fault, faultLine } from '../file/source.ts';
import type { Ui } from '../ui.ts';

export interface FileOptions {
  /** CACHE_MIN_TTL_SECONDS of the server, where it is not the usual one. */
  cacheMinTtl?: number;
}

/** Reads the files; tells warnings. @throws {CliError} with everything that is wrong with them. */
export function readFiles(named: readonly string[], { cacheMinTtl }: FileOptions, ui: Ui): Loaded {
  const loaded = loadFiles(findFiles(named), { env: process.env, cacheMinTtlSeconds: cacheMinTtl });
  if (!ui.json) for (const warning of loaded.warnings) ui.warn(faultLine(warning));
  if (loaded.faults.length === 0) return loaded;
  const faults = inOrder(loaded.faults);
  ui.result({ ok: false, faults, warnings: loaded.warnings });
  throw new CliError(faults.map(faultLine));
}

function inOrder(faults: readonly Fault[]): Fault[] {
  const seen = new Set<string>();
  return faults
    .filter((fault) => !seen.has(faultLine(fault)) && seen.add(faultLine(fault)))
    .toSorted((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
}
