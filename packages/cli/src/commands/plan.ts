import { type AdminClient, part, ServerError } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError, type ExitCode, exitCodes } from '../exit.ts';
import type { Loaded } from '../file/load.ts';
import type { Kind } from '../file/shape.ts';
import { gateway, readLive } from '../plan/live.ts';
import { type MasksOf, makePlan, type Plan } from '../plan/plan.ts';
import { schemaRefsOf } from '../plan/schema-refs.ts';
import { planResult, showPlan } from '../plan/show.ts';
import { type FileOptions, readFiles } from './files.ts';

export interface PlanOptions extends FileOptions {
  prune?: boolean;
  detailedExitcode?: boolean;
}

/** Says what `apply` would do, and does nothing. */
export async function plan(context: Context, files: readonly string[], options: PlanOptions): Promise<ExitCode> {
  const { ui } = context;
  const made = await planFor(context, readFiles(files, options, ui), options.prune ?? false);
  showPlan(made, ui);
  for (const each of ui.json ? [] : made.unknown) ui.say(ui.paint.dim(`note ${each}`));
  ui.result(planResult(made));
  if (made.faults.length > 0) throw new CliError(made.faults);
  const changes = made.steps.some(({ action }) => action !== 'none' && action !== 'compare');
  return options.detailedExitcode && changes ? exitCodes.changes : exitCodes.done;
}

export async function planFor({ client, ui }: Context, loaded: Loaded, prune: boolean): Promise<Plan> {
  ui.progress(`Reading ${client.access.server} …`);
  const kinds = new Set<Kind>([...loaded.owned, ...loaded.wanted.map(({ kind }) => kind)]);
  if (schemaRefsOf(loaded).length > 0) kinds.add('schema');
  const live = await readLive(client, kinds, loaded.wanted);
  if (
    live.permissionsInPart &&
    loaded.wanted.some(({ kind, body }) => kind === 'application' && 'permissions' in body)
  ) {
    ui.warn('this server does not list what an application may do: permissions that the files no longer name stay');
  }
  const masksOf: MasksOf = async (keys) => {
    try {
      const { body } = await client.send<{ masks: string[] }>('POST', `${gateway}/auth/masks`, { apiKeys: keys });
      return body.masks;
    } catch (error) {
      // An older server, or one that does not let this caller: then it compares when they are applied.
      if (error instanceof ServerError && error.status >= 400 && error.status < 500) return undefined;
      throw error;
    }
  };
  const own = prune && loaded.owned.has('application') ? await ownApplication(client) : undefined;
  const made = await makePlan(loaded, live, prune, masksOf, own);
  if (!ui.json) for (const warning of made.warnings) ui.warn(warning);
  return made;
}

/** The application whose access key is used here: deleting it would end the use of it half way. */
async function ownApplication(client: AdminClient): Promise<string | undefined> {
  const { key } = client.access;
  if (!key) return undefined;
  return (await client.find<{ id: string }>(`/applications/key/${part(key.keyId)}`))?.body.id;
}
