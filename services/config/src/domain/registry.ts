import { type GivenSchema, isGivenSchema } from '@rostrum/contract/json-schema';
import type { ConductorSchemas, ConfigState, Route, SchemaVersion, Service } from './records.ts';

/** The registry of schemas, as routes refer to it. */

/** Version absent or 0: the latest. */
export interface SchemaRef {
  name: string;
  version?: number | undefined;
}

/** What a route validates, and the member that names a schema for it. */
export const schemaMembers = [
  ['inputSchema', 'inputSchemaRef'],
  ['outputSchema', 'outputSchemaRef'],
] as const;

export function schemaId(name: string, version: number): string {
  return `${name}@${version}`;
}

/** All there is, and was, under one name. */
interface Named {
  versions: Map<number, SchemaVersion>;
  /** The highest that is there; 0: none. */
  latest: number;
  /** The highest that ever was there. */
  highest: number;
  /** When any of them last changed. */
  sequence: number;
}

type Entries = ConfigState['schemas'];
const indexes = new WeakMap<Entries, { sequence: number; names: Map<string, Named> }>();

/** By name; made anew when anything was stored since. */
export function schemasByName(state: ConfigState): Map<string, Named> {
  const { schemas, sequence } = state;
  const known = indexes.get(schemas);
  if (known?.sequence === sequence) return known.names;
  const names = new Map<string, Named>();
  for (const [id, entry] of schemas) {
    const at = id.lastIndexOf('@');
    const name = id.slice(0, at);
    const version = Number(id.slice(at + 1));
    let named = names.get(name);
    if (!named) names.set(name, (named = { versions: new Map(), latest: 0, highest: 0, sequence: 0 }));
    named.highest = Math.max(named.highest, version);
    named.sequence = Math.max(named.sequence, entry.sequence);
    if (!entry.value) continue;
    named.versions.set(version, entry.value);
    named.latest = Math.max(named.latest, version);
  }
  indexes.set(schemas, { sequence, names });
  return names;
}

export function findSchema(state: ConfigState, { name, version }: SchemaRef): SchemaVersion | undefined {
  const named = schemasByName(state).get(name);
  return named?.versions.get(version || named.latest);
}

/** What our registry has under a reference, if it is a JSON Schema. */
export function findJsonSchema(state: ConfigState, ref: SchemaRef): GivenSchema | undefined {
  const found = findSchema(state, ref);
  return found?.type === 'JSON' && isGivenSchema(found.data) ? found.data : undefined;
}

/**
 * The service with the schemas that its routes refer to in place of their inline copies: ours, else the copy of
 * Conductor's, else the inline one.
 */
export function withSchemas(state: ConfigState, service: Service): Service {
  if (namesOf(service).length === 0) return service;
  return { ...service, routes: service.routes.map((route) => withSchemasOf(state, route)) };
}

function withSchemasOf(state: ConfigState, route: Route): Route {
  const resolved: ConductorSchemas = {};
  for (const [member, refMember] of schemaMembers) {
    const ref = route[refMember];
    const found = ref && (findJsonSchema(state, ref) ?? route.conductorSchemas?.[member]);
    if (found !== undefined) resolved[member] = found;
  }
  return { ...route, ...resolved };
}

/** The last sequence at which anything changed under a name that the service refers to; 0: never. */
export function schemaSequence(state: ConfigState, service: Service): number {
  const names = namesOf(service);
  if (names.length === 0) return 0;
  const all = schemasByName(state);
  return Math.max(...names.map((name) => all.get(name)?.sequence ?? 0));
}

const known = new WeakMap<Service, string[]>();

/** The names that a service's routes refer to. Asked after every change of anything: each is looked through once. */
function namesOf(service: Service): string[] {
  let names = known.get(service);
  if (!names) {
    const found = service.routes.flatMap((route) => schemaMembers.flatMap(([, member]) => route[member]?.name ?? []));
    names = [...new Set(found)];
    known.set(service, names);
  }
  return names;
}
