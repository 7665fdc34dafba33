import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { orLacking, ServerError } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError, usage } from '../exit.ts';
import { gateway } from '../plan/live.ts';

/** Writes all configuration to a file, which only its owner may read: encrypted secrets in it stay encrypted. */
export async function backup(
  { ui, client }: Context,
  file: string,
  { force = false }: { force?: boolean },
): Promise<void> {
  if (!force && existsSync(file)) throw usage(`${file} is there already: say --force`);
  ui.progress(`Reading ${client.access.server} …`);
  const response = await orLacking('backups', client.raw('GET', `${gateway}/backup`, null, {}, { patient: true }));
  const draft = `${file}.part`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await pipeline(
      Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
      handle.createWriteStream(),
    );
    await rename(draft, file);
  } catch (error) {
    // Half a backup is none.
    await rm(draft, { force: true });
    throw new CliError(`The backup broke off: ${(error as Error).message}`, 1, error);
  }
  ui.result({ file });
  ui.say(`wrote ${file}`);
}

export interface RestoreOptions {
  replace?: boolean;
  yes?: boolean;
}

/** Restores a backup, into an installation without configuration unless it is to be replaced. */
export async function restore({ ui, client }: Context, file: string, { replace = false, yes = false }: RestoreOptions) {
  if (!existsSync(file)) throw usage(`There is no ${file}`);
  if (replace && !yes) {
    if (!ui.interactive) throw usage('This would replace all configuration: say --yes where nobody can be asked');
    const answer = await ui.ask(`Replace all configuration of ${client.access.server}? Write yes: `);
    if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was changed.');
  }
  ui.progress(`Restoring ${file} …`);
  // Read whole: a token that has expired means that it is sent again.
  const body = await new Response(Readable.toWeb(createReadStream(file)) as ReadableStream).arrayBuffer();
  const path = `${gateway}/restore${replace ? '?replace=true' : ''}`;
  const headers = { 'content-type': 'application/octet-stream' };
  const response = await orLacking('restores', client.raw('POST', path, body, headers, { patient: true })).catch(
    (error: unknown) => {
      if (!(error instanceof ServerError)) throw error;
      // The server speaks to those who call it themselves.
      throw new CliError(error.lines.map((line) => line.replaceAll('?replace=true', '--replace')));
    },
  );
  const text = await response.text();
  ui.result(text === '' ? {} : JSON.parse(text));
  ui.say(`restored ${file}`);
}
