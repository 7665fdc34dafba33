import { type AdminClient, part, ServerError } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError, usage } from '../exit.ts';
import { type Kind, kindWords } from '../file/shape.ts';
import { type Done, perform } from '../plan/perform.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { showPlan } from '../plan/show.ts';
import { count } from '../ui.ts';
import { type FileOptions, readFiles } from './files.ts';
import { planFor } from './plan.ts';

export interface ApplyOptions extends FileOptions {
  prune?: boolean;
  yes?: boolean;
}

/**
 * Makes the server's configuration be what the files say; what they do not name stays, unless it is pruned. Applying them
 * again changes nothing. Files with faults are not applied at all; a fault that the server finds leaves out that one thing,
 * and all deletions.
 */
export async function apply(context: Context, files: readonly string[], options: ApplyOptions): Promise<void> {
  const { ui, client } = context;
  const loaded = readFiles(files, options, ui);
  const unknown = loaded.wanted.flatMap(({ at, unknown: sentences }) => sentences.map((each) => `${at}: ${each}`));
  if (unknown.length > 0) throw new CliError(unknown);
  const plan = await planFor(context, loaded, options.prune ?? false);
  const refused = [...plan.faults, ...plan.unknown];
  if (refused.length > 0) throw new CliError(refused);
  const deletes = plan.steps.filter(({ action }) => action === 'delete');
  await mustNotLockOut(client, plan.steps);
  if (deletes.length > 0 && !options.yes) await confirm(context, plan, deletes.length);
  const results: { kind: Kind; id: string; outcome: string; faults?: readonly string[] }[] = [];
  const failures: string[] = [];
  for (const [index, step] of plan.steps.entries()) {
    // What failed may be what was to take its place.
    if (step.action === 'delete' && failures.length > 0) {
      results.push({ kind: step.kind, id: step.id, outcome: 'kept' });
      continue;
    }
    ui.progress(`${index + 1}/${plan.steps.length} ${kindWords[step.kind].one} ${step.id}`);
    try {
      const done = await perform(client, step);
      tell(context, step, done);
      results.push({ kind: step.kind, id: step.id, ...done });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const place = step.wanted ? `${step.wanted.at}: ` : '';
      failures.push(...error.lines.map((line) => `${place}${kindWords[step.kind].one} ${step.id}: ${line}`));
      results.push({ kind: step.kind, id: step.id, outcome: 'failed', faults: error.lines });
      // The address, the access key or its rights are wrong: it would only be said once more for each of the others.
      if (error instanceof ServerError && [0, 401, 403].includes(error.status)) break;
    }
  }
  const deleted = results.some(({ outcome }) => outcome === 'deleted');
  if (failures.length > 0 && deletes.length > 0 && !deleted) failures.push('Nothing was deleted.');
  ui.result({ ok: failures.length === 0, results });
  if (failures.length > 0) throw new CliError(failures);
}

function tell({ ui }: Context, { kind, id }: Step, { outcome, keys = [], warnings = [] }: Done): void {
  const line = `${outcome} ${kindWords[kind].one} ${id}`;
  ui.say(outcome === 'unchanged' ? ui.paint.dim(line) : line);
  for (const key of keys) ui.say(`  its API key, shown once: ${key}`);
  if (!ui.json)
    for (const { pointer, detail } of warnings) ui.warn(`${kindWords[kind].one} ${id}: ${pointer}: ${detail}`);
}

async function confirm({ ui }: Context, plan: Plan, deletes: number): Promise<void> {
  if (!ui.interactive) throw usage(`This would delete ${count(deletes, 'thing')}: say --yes where nobody can be asked`);
  showPlan(plan, ui);
  const answer = await ui.ask(`Apply this, and delete ${count(deletes, 'thing')}? Write yes: `);
  if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was changed.');
}

/** Pruning the application whose key is used, or taking its role away, would end the use of the key half way. */
async function mustNotLockOut(client: AdminClient, steps: readonly Step[]): Promise<void> {
  const { key } = client.access;
  const ending = steps.filter((step) => step.kind === 'application' && (step.action === 'delete' || losesAdmin(step)));
  if (!key || ending.length === 0) return;
  const own = await client.find<{ id: string }>(`/applications/key/${part(key.keyId)}`);
  const step = ending.find(({ id }) => id === own?.body.id);
  if (!step) return;
  const what = step.action === 'delete' ? 'name it' : 'leave it its role ADMIN';
  throw new CliError(
    `The application ${step.id} has the access key that is used here: ${what} in the files, or use another key`,
  );
}

function losesAdmin({ before, after }: Step): boolean {
  const has = (body: Step['before']) => ((body?.['roles'] as string[] | undefined) ?? []).includes('ADMIN');
  return has(before) && !has(after);
}
