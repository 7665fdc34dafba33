import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from '../exit.ts';

const usual = ['rostrum.yaml', 'rostrum.yml', 'rostrum'];

/**
 * The files that are meant: those named, and of folders all `.yaml`, `.yml` and `.json` files right in them, in order of
 * name. Without names `rostrum.yaml` (or `.yml`), or the folder `rostrum`.
 *
 * @throws {CliError} usage, when one is not there.
 */
export function findFiles(named: readonly string[]): string[] {
  const wanted = named.length > 0 ? named : usual.filter((name) => isThere(name)).slice(0, 1);
  if (wanted.length === 0) throw usage('There is no rostrum.yaml here: name the files');
  return wanted.flatMap((path) => {
    if (!isThere(path)) throw usage(`There is no ${path}`);
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path)
      .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.startsWith('.'))
      .toSorted();
    if (files.length === 0) throw usage(`The folder ${path} has no .yaml, .yml or .json file`);
    return files.map((name) => join(path, name));
  });
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
