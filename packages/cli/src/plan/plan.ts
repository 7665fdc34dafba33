import { isMask, stars } from '@rostrum/contract/api-keys';
import { pathShape } from '@rostrum/contract/paths';
import type { Body, Loaded, Wanted } from '../file/load.ts';
import { unknownSecret } from '../file/references.ts';
import { type Kind, kinds } from '../file/shape.ts';
import { type Change, differences } from './differences.ts';
import type { Live } from './live.ts';
import { normal, withKept } from './normal.ts';
import { checkSchemaRefs } from './schema-refs.ts';
import { unknownSecrets } from './secrets.ts';

/**
 * What is to be done about one thing. `compare`: nothing that can be seen differs, and whether its secrets do only the
 * server can tell, when they are written.
 */
export interface Step {
  action: 'create' | 'change' | 'delete' | 'compare' | 'none';
  kind: Kind;
  id: string;
  changes: Change[];
  /** What it is to be, and what it was. */
  after?: Body;
  before?: Body;
  wanted?: Wanted;
}

export interface Plan {
  /** In the order in which they are done. */
  steps: Step[];
  /** What cannot be done, one sentence each. */
  faults: string[];
  /** Secrets that neither this command nor the server knows, one sentence each: nothing is applied without them. */
  unknown: string[];
  /** What may be refused, as far as it can be seen from here. */
  warnings: string[];
}

/** How the server would show these API keys; undefined where it does not tell. */
export type MasksOf = (keys: readonly string[]) => Promise<string[] | undefined>;

/**
 * What makes the server's configuration be what the files say; with `prune` also what they do not name goes, last, and
 * never `ownApplication`, whose access key is used here.
 */
export async function makePlan(
  loaded: Loaded,
  live: Live,
  prune: boolean,
  masksOf: MasksOf,
  ownApplication?: string,
): Promise<Plan> {
  const plan: Plan = { steps: [], faults: [], unknown: [], warnings: [] };
  for (const kind of kinds) {
    for (const wanted of loaded.wanted.filter((each) => each.kind === kind)) {
      if (kind === 'schema') planSchema(wanted, live, plan);
      else plan.steps.push(await stepFor(kind, wanted, live, plan, masksOf));
    }
  }
  const deletes = prune ? deletions(loaded, live, ownApplication, plan) : [];
  checkSchemaRefs(loaded, live, deletes, plan);
  const created = plan.steps.filter(({ action, kind }) => action === 'create' && kind === 'service');
  const shapes = new Set(created.map(shapeOf));
  const freed = new Set(deletes.filter(({ kind }) => kind === 'service').map(shapeOf));
  // A base path has to be free before another service can have it: such a pair comes after all that can fail by itself.
  const isHeir = (step: Step) => created.includes(step) && freed.has(shapeOf(step));
  const isFirst = (step: Step) => step.kind === 'service' && shapes.has(shapeOf(step));
  const steps = [
    ...plan.steps.filter((step) => !isHeir(step)),
    ...deletes.filter(isFirst),
    ...plan.steps.filter(isHeir),
    ...deletes.filter((step) => !isFirst(step)),
  ];
  return { ...plan, steps };
}

/** The shape of a service's base path, wanted or there. */
function shapeOf({ after, before }: Step): string {
  return pathShape(String((after ?? before)?.['path']));
}

async function stepFor(
  kind: Exclude<Kind, 'schema'>,
  wanted: Wanted,
  live: Live,
  plan: Plan,
  masksOf: MasksOf,
): Promise<Step> {
  const { id } = wanted;
  const own = normal(kind, wanted.body);
  const there = live.objects[kind].get(id);
  plan.unknown.push(...unknownSecrets(kind, wanted, there));
  if (!there) return { action: 'create', kind, id, changes: differences({}, own), after: own, wanted };
  const before = normal(kind, there);
  const after = withKept(kind, own, before);
  if (kind === 'service' && pathShape(String(after['path'])) !== pathShape(String(before['path']))) {
    const how = 'give the service with the new path another id, or delete this one first';
    plan.faults.push(`${wanted.at}: the base path of the service ${id} cannot be changed: ${how}`);
  }
  const { shown, secret } = await comparable(kind, after, before, masksOf);
  const changes = differences(before, shown);
  const action = changes.length > 0 ? 'change' : secret ? 'compare' : 'none';
  return { action, kind, id, changes, before, after, wanted };
}

/** The object as the server would show it, so that secrets can be compared; `secret`: as far as they can be. */
async function comparable(
  kind: Kind,
  after: Body,
  before: Body,
  masksOf: MasksOf,
): Promise<{ shown: Body; secret: boolean }> {
  if (kind === 'application') {
    const { keySecret, ...conductor } = (after['conductor'] as Body | undefined) ?? {};
    if (keySecret === undefined) return { shown: after, secret: false };
    return { shown: { ...after, conductor }, secret: true };
  }
  const keys = after['apiKeys'] as string[] | undefined;
  if (kind !== 'authConfig' || !keys) return { shown: after, secret: false };
  const known = keys.every((key) => key !== unknownSecret);
  const masks = known ? await masksOf(keys) : undefined;
  if (masks) return { shown: { ...after, apiKeys: masks }, secret: false };
  const stored = (before['apiKeys'] as string[] | undefined) ?? [];
  const shown = keys.length === stored.length ? stored : keys.map((key) => (isMask(key) ? key : stars));
  return { shown: { ...after, apiKeys: shown }, secret: true };
}

function planSchema(wanted: Wanted, { schemas }: Live, plan: Plan): void {
  const { id, body } = wanted;
  const versions = schemas.get(id) ?? [];
  const version = body['version'] as number | undefined;
  const there = version === undefined ? versions.at(-1) : versions.find((each) => each.version === version);
  const seen = ({ type, data, externalRef, ownerApp }: Body) => ({ type, data, externalRef, ownerApp });
  const changes = differences(there ? seen({ ...there }) : {}, seen(body));
  const step = { kind: 'schema' as const, id: version === undefined ? id : `${id}@${version}`, changes, wanted };
  if (there && changes.length === 0) plan.steps.push({ ...step, action: 'none', after: body });
  else if (!there) plan.steps.push({ ...step, action: 'create', after: body });
  else if (version === undefined) plan.steps.push({ ...step, action: 'change', before: { ...there }, after: body });
  else {
    const how = `give what is new the version ${(versions.at(-1)?.version ?? version) + 1}`;
    plan.faults.push(`${wanted.at}: version ${version} of the schema ${id} is there and differs; ${how}`);
  }
}

/** What the files do not name, of the kinds that they own; who names something goes before what is named. */
function deletions({ wanted, owned }: Loaded, live: Live, ownApplication: string | undefined, plan: Plan): Step[] {
  const isOwn = (kind: Kind, id: string) => {
    if (kind !== 'application' || id !== ownApplication) return false;
    plan.warnings.push(`the application ${id} is in no file and stays: its access key is used here`);
    return true;
  };
  return kinds.toReversed().flatMap((kind): Step[] => {
    if (!owned.has(kind)) return [];
    const named = new Set(wanted.filter((each) => each.kind === kind).map(({ id }) => id));
    const there = kind === 'schema' ? live.schemas : live.objects[kind];
    return [...there.keys()]
      .filter((id) => !named.has(id) && !isOwn(kind, id))
      .map((id) => ({
        action: 'delete' as const,
        kind,
        id,
        changes: [],
        before: kind === 'schema' ? { name: id } : normal(kind, live.objects[kind].get(id) ?? {}),
      }));
  });
}
