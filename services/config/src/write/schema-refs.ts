import type { ConfigFault } from '@rostrum/contract/fault';
import { isGivenSchema, schemaFault } from '@rostrum/contract/json-schema';
import { pointerOf } from '@rostrum/contract/pointer';
import { findRoute } from '../domain/build.ts';
import type { ConductorSchemas, ConfigState, Route, RouteInput } from '../domain/records.ts';
import { findJsonSchema, findSchema, schemaMembers, type SchemaRef } from '../domain/registry.ts';
import { refIn, refKey, routesIn } from './given-routes.ts';
import type { Seen } from './look-ahead.ts';

/** References that nobody knows, of routes that have no copy of their own. `existing`: the routes that are there. */
export function refFaults(
  state: ConfigState,
  body: unknown,
  seen: Seen,
  existing: readonly Route[] = [],
): ConfigFault[] {
  return routesIn(body).flatMap(({ route, at }) =>
    schemaMembers.flatMap(([member, refMember]) => {
      const ref = refIn(route[refMember]);
      if (!ref || findJsonSchema(state, ref) !== undefined || hasCopy(route[member])) return [];
      const before = findRoute(existing, String(route['httpMethod']), String(route['path']));
      const found = copyOf(ref, seen, before, member);
      const fault = found === undefined ? undefined : schemaFault(found);
      if (found !== undefined && fault === undefined) return [];
      const detail = refDetail(state, ref, fault, member);
      return [{ pointer: pointerOf(...at, refMember), detail }];
    }),
  );
}

function hasCopy(inline: unknown): boolean {
  return inline !== undefined && isGivenSchema(inline) && !(typeof inline === 'string' && inline.trim() === '');
}

function refDetail(state: ConfigState, ref: SchemaRef, fault: string | undefined, member: string): string {
  const what = `the schema ${ref.name}${ref.version ? ` in version ${ref.version}` : ''}`;
  const copy = `put a copy into ${member}`;
  if (fault !== undefined) return `${what} of Conductor’s registry ${fault}; ${copy}`;
  const ours = findSchema(state, ref);
  if (ours)
    return `${what} is no JSON Schema (${ours.type}) that is kept here, so nothing can be checked by it; ${copy}`;
  return `there is no ${what.replace('the ', '')}; create it with POST /api/schema, or ${copy}`;
}

/** What has to be kept beside a route's references, because our registry does not have it. */
export function conductorCopies(
  state: ConfigState,
  input: RouteInput,
  seen: Seen,
  existing: readonly Route[],
): ConductorSchemas | undefined {
  const before = findRoute(existing, input.httpMethod, input.path);
  const copies: ConductorSchemas = {};
  for (const [member, refMember] of schemaMembers) {
    const ref = input[refMember];
    if (!ref || findJsonSchema(state, ref) !== undefined) continue;
    const copy = copyOf(ref, seen, before, member);
    if (copy !== undefined && schemaFault(copy) === undefined) copies[member] = copy;
  }
  return Object.keys(copies).length > 0 ? copies : undefined;
}

/** As Conductor has it now; where it does not say, as it had it before. */
function copyOf(ref: SchemaRef, seen: Seen, before: Route | undefined, member: keyof ConductorSchemas) {
  const same = before?.[`${member}Ref`] && refKey(before[`${member}Ref`] ?? { name: '' }) === refKey(ref);
  return seen.schemas.get(refKey(ref)) ?? (same ? before?.conductorSchemas?.[member] : undefined);
}

/** The answer to a write with what was suspicious about it. */
export function withWarnings<T extends object>(view: T, { warnings }: Seen): T {
  return warnings.length === 0 ? view : { ...view, warnings };
}
