import type { Ui } from '../ui.ts';
import { count } from '../ui.ts';
import { type FileOptions, readFiles } from './files.ts';

/** Looks at the files alone: no server is asked. */
export function validate(ui: Ui, files: readonly string[], options: FileOptions): void {
  const { wanted, warnings } = readFiles(files, options, ui);
  const unknown = wanted.flatMap(({ at, unknown: sentences }) => sentences.map((each) => `${at}: ${each}`));
  for (const each of ui.json ? [] : unknown) ui.say(ui.paint.dim(`note ${each}`));
  ui.result({ ok: true, faults: [], warnings, unknown, things: wanted.map(({ kind, id, at }) => ({ kind, id, at })) });
  ui.say(`${ui.paint.green('valid')}: ${count(wanted.length, 'thing')}`);
}
