import { compileAhead, type GivenSchema } from '@rostrum/contract/json-schema';
import { revisionOf } from '../domain/compile.ts';
import { type Difference, differences } from '../domain/diff.ts';
import type { Service } from '../domain/records.ts';
import { schemaMembers } from '../domain/registry.ts';
import { serviceView } from '../domain/views.ts';
import { AdminProblem } from '../problems.ts';
import { fromEntry, routeDigest, type ServiceEntry } from '../storage/service-entry.ts';
import type { ConfigStore, ServiceVersion } from '../storage/store.ts';
import type { ActionContext, View } from './context.ts';
import { refKey } from './given-routes.ts';
import { createService, updateService } from './services.ts';
import { notFound } from './validate.ts';
import type { Decide } from './write-path.ts';

/** A service's revision as its history shows it. */
export interface HistoryItem {
  revision: number;
  time: number;
  author: string | undefined;
  deleted?: true;
  /** Against the one before, or against nothing where that is not kept any more. Routes by `<method> <path>`. */
  changes: Difference[];
}

/** The last revisions of a service, newest first. @throws {AdminProblem} not-found. */
export async function readHistory(config: ConfigStore, id: string, limit: number): Promise<HistoryItem[]> {
  const versions = await requireHistory(config, id);
  const isWhole = createIsWhole(config, id);
  const items: HistoryItem[] = [];
  for (let index = versions.length - 1; index >= 0 && items.length < limit; index--) {
    const { revision, time, author, entry } = versions[index] as ServiceVersion;
    if (!(await isWhole(entry))) continue;
    const before = versions[index - 1]?.entry;
    const changes = await compare(config, (await isWhole(before)) ? before : undefined, entry);
    items.push({ revision, time, author, ...(entry ? {} : { deleted: true }), changes });
  }
  return items;
}

/**
 * What makes a service what it was at a revision, also one that was deleted since. An ordinary write of what stood
 * there, so that it is validated against all that is there today, and has a revision and an author of its own.
 *
 * @throws {AdminProblem} not-found when the history does not reach so far, or there is no such revision yet.
 */
export async function prepareRollback(
  config: ConfigStore,
  context: ActionContext,
  id: string,
  revision: number,
): Promise<Decide<View>> {
  const versions = await requireHistory(config, id);
  await config.catchUp();
  const present = revisionOf(config.state, id) ?? 0;
  if (revision > present) throw notFound(`revision ${revision} of the service ${id}: its last one is ${present}`);
  // A revision that came with another auth config has a number of its own: the service was what it was before it.
  const version = versions.findLast((each) => each.revision <= revision);
  if (!version) throw notFound(`revision ${revision} of the service ${id}: the history begins with a later one`);
  if (!version.entry) {
    const detail = `At revision ${revision} the service ${id} was deleted; name the revision before it, or delete it.`;
    throw new AdminProblem('malformed-request', detail);
  }
  const then = await fromEntry(version.entry, async (digest) => {
    const route = await config.route(digest);
    if (route) return route;
    throw notFound(`revision ${revision} of the service ${id} with all its routes: the history does not reach so far`);
  });
  // What a client that had read the service then would write back now.
  const body = serviceView(then, context.publicUrl);
  const copies = copiesIn(then);
  const [looked] = await Promise.all([context.lookAhead(body), compileAhead([...copies.values()])]);
  const seen = { ...looked, schemas: new Map([...looked.schemas, ...copies]) };
  const [create, update] = [createService(context, body, seen), updateService(context, id, body, seen)];
  return (state, author) => {
    const { change, answer } = (state.services.get(id)?.value ? update : create)(state, author);
    const missing = then.authConfigId !== undefined && !state.authConfigs.get(then.authConfigId)?.value;
    const detail = `there is no auth config ${then.authConfigId} any more: nobody gets in until there is, or until the service names another`;
    if (!missing) return { change, answer };
    const others = (answer['warnings'] as object[] | undefined) ?? [];
    return { change, answer: { ...answer, warnings: [...others, { pointer: '/authConfigId', detail }] } };
  };
}

async function requireHistory(config: ConfigStore, id: string): Promise<ServiceVersion[]> {
  const versions = await config.serviceHistory(id);
  if (versions.length === 0) throw notFound(`service ${JSON.stringify(id)}`);
  return versions;
}

/** What was copied from Conductor's registry then, by {@link refKey}: what it says today was not the service's. */
function copiesIn({ routes }: Service): Map<string, GivenSchema> {
  const copies = new Map<string, GivenSchema>();
  for (const { conductorSchemas = {}, ...route } of routes) {
    for (const [member, refMember] of schemaMembers) {
      const [ref, copy] = [route[refMember], conductorSchemas[member]];
      if (ref && copy !== undefined) copies.set(refKey(ref), copy);
    }
  }
  return copies;
}

/** Whether all routes of a version are still there: a release that kept no history swept those of former versions. */
function createIsWhole(config: ConfigStore, id: string): (entry: ServiceEntry | undefined) => Promise<boolean> {
  const present = config.state.services.get(id)?.value?.routes ?? [];
  const known = new Map(present.map((route) => [routeDigest(route), true]));
  return async (entry) => {
    const digests = entry?.routes.map(({ digest }) => digest) ?? [];
    const unknown = digests.filter((digest) => !known.has(digest));
    const look = async (digest: string) => known.set(digest, (await config.route(digest)) !== undefined);
    await Promise.all(unknown.map(look));
    return digests.every((digest) => known.get(digest));
  };
}

/** Routes that are the same by digest are not read. */
async function compare(
  config: ConfigStore,
  before: ServiceEntry | undefined,
  after: ServiceEntry | undefined,
): Promise<Difference[]> {
  const same = new Set(before?.routes.map(({ digest }) => digest));
  const kept = new Set(after?.routes.map(({ digest }) => digest).filter((digest) => same.has(digest)));
  const readable = async (entry: ServiceEntry | undefined) => {
    if (!entry) return undefined;
    const routes = entry.routes.filter(({ digest }) => !kept.has(digest));
    const read = routes.map(async ({ id, digest }) => {
      const { conductorSchemas: _, ...shown } = (await config.route(digest)) ?? {};
      return [id, shown] as const;
    });
    return { ...entry, routes: Object.fromEntries(await Promise.all(read)) } satisfies Record<keyof Service, unknown>;
  };
  return differences((await readable(before)) ?? {}, (await readable(after)) ?? {});
}
