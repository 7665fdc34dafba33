import { isInFiles, nameOf, schemaRefsOf } from '../plan/schema-refs.ts';
import type { Ui } from '../ui.ts';
import { count } from '../ui.ts';
import { type FileOptions, readFiles } from './files.ts';

/** Looks at the files alone: no server is asked. */
export function validate(ui: Ui, files: readonly string[], options: FileOptions): void {
  const loaded = readFiles(files, options, ui);
  const { wanted, warnings } = loaded;
  const unknown = wanted.flatMap(({ at, unknown: sentences }) => sentences.map((each) => `${at}: ${each}`));
  // The server may have them: `plan` asks it.
  const references = schemaRefsOf(loaded)
    .filter(({ ref }) => !isInFiles(loaded, undefined, ref))
    .map(({ at, id, ref }) => `${at}: no file has the schema ${nameOf(ref)} that ${id} names: the server has to`);
  for (const each of ui.json ? [] : [...unknown, ...references]) ui.say(ui.paint.dim(`note ${each}`));
  ui.result({
    ok: true,
    faults: [],
    warnings,
    unknown,
    references,
    things: wanted.map(({ kind, id, at }) => ({ kind, id, at })),
  });
  ui.say(`${ui.paint.green('valid')}: ${count(wanted.length, 'thing')}`);
}
