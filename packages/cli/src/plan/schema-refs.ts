import type { Body, Loaded } from '../file/load.ts';
import { isObject } from '../file/references.ts';
import { differences } from './differences.ts';
import type { Live } from './live.ts';
import { routesOf } from './normal.ts';
import type { Plan, Step } from './plan.ts';

interface SchemaRef {
  name: string;
  version?: number;
}

const members = [
  ['inputSchemaRef', 'inputSchema'],
  ['outputSchemaRef', 'outputSchema'],
] as const;

/**
 * References to schemas that neither the files nor the server's registry have. One that is about to be deleted is a
 * fault; of any other the server may know better, since it also looks into Conductor's registry.
 */
export function checkSchemaRefs(loaded: Loaded, live: Live, deletes: readonly Step[], plan: Plan): void {
  const gone = new Set(deletes.filter(({ kind }) => kind === 'schema').map(({ id }) => id));
  for (const { at, id, body, ref, route } of schemaRefsOf(loaded)) {
    if (isInFiles(loaded, live, ref)) continue;
    const there = (live.schemas.get(ref.name) ?? []).some(({ version }) => !ref.version || version === ref.version);
    const what = `${at}: ${routeName(route)} of ${id} names the schema ${nameOf(ref)}, which`;
    if (there && gone.has(ref.name)) plan.faults.push(`${what} would be deleted: keep it in the files`);
    if (there || isUnchanged(live, body, route)) continue;
    plan.warnings.push(`${what} neither the files nor the server have: it is refused unless Conductor has it`);
  }
}

/** Those of routes that have no copy of the schema. */
export function schemaRefsOf({ wanted }: Loaded) {
  return wanted
    .filter(({ kind }) => kind === 'service')
    .flatMap(({ at, id, body }) =>
      routesOf(body).flatMap((route) =>
        members.flatMap(([member, copy]) => {
          const ref = route[member];
          if (!isObject(ref) || route[copy] !== undefined) return [];
          return [{ at, id, body, route, ref: ref as unknown as SchemaRef }];
        }),
      ),
    );
}

/** In a file without a version a schema gets its next one, which a reference may name too. */
export function isInFiles({ wanted }: Loaded, live: Live | undefined, { name, version }: SchemaRef): boolean {
  const next = (live?.schemas.get(name)?.at(-1)?.version ?? 0) + 1;
  return wanted.some(({ kind, id, body }) => {
    if (kind !== 'schema' || id !== name) return false;
    return !version || live === undefined || (body['version'] ?? next) === version;
  });
}

/** What was taken with these references stays as it is. */
function isUnchanged(live: Live, { id }: Body, route: Body): boolean {
  const before = live.objects.service.get(String(id));
  const same = before && routesOf(before).find((each) => routeName(each) === routeName(route));
  return same !== undefined && members.every(([member]) => differences(same[member], route[member]).length === 0);
}

function routeName({ httpMethod, path }: Body): string {
  return `${String(httpMethod)} ${String(path)}`;
}

export function nameOf({ name, version }: SchemaRef): string {
  return version ? `${name} in version ${version}` : name;
}
