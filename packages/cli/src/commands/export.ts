import { existsSync, writeFileSync } from 'node:fs';
import { ServerError } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError, usage } from '../exit.ts';
import { type Kind, kinds, kindWords } from '../file/shape.ts';
import { exported, toYaml } from '../plan/exported.ts';
import { type Live, readLive } from '../plan/live.ts';

export interface ExportOptions {
  output?: string;
  force?: boolean;
}

/** Writes the server's configuration as a file that can be applied again. */
export async function exportAll({ ui, client }: Context, { output, force = false }: ExportOptions): Promise<void> {
  if (output !== undefined && !force && existsSync(output)) throw usage(`${output} is there already: say --force`);
  const live: Live = {
    objects: { application: new Map(), authConfig: new Map(), service: new Map() },
    schemas: new Map(),
  };
  const owned = new Set<Kind>();
  for (const kind of kinds) {
    ui.progress(`Reading ${kindWords[kind].member} …`);
    const part = await readKind(kind);
    if (!part) continue;
    owned.add(kind);
    if (kind === 'schema') live.schemas = part.schemas;
    else live.objects[kind] = part.objects[kind];
    if (part.permissionsInPart)
      ui.warn('this server does not list what an application may do: permissions are left out');
  }
  const content = exported(live, owned);
  const text = ui.json ? `${JSON.stringify(content, undefined, 2)}\n` : toYaml(content);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);

  /** Undefined where the server has no such thing yet, or does not let this caller see it. */
  async function readKind(kind: Kind): Promise<Live | undefined> {
    try {
      return await readLive(client, new Set([kind]), []);
    } catch (error) {
      const cause = error instanceof CliError ? (error.cause ?? error) : error;
      if (!(cause instanceof ServerError && (cause.unknownPath || cause.status === 403))) throw error;
      ui.warn(`${kindWords[kind].member} are left out: ${cause.lines.join('; ')}`);
      return undefined;
    }
  }
}
