import { compileAhead, type GivenSchema } from '@rostrum/contract/json-schema';
import { pointerOf } from '@rostrum/contract/pointer';
import type { Fault } from '@rostrum/shared/problems';
import type { ConfigState } from '../domain/records.ts';
import { findJsonSchema, schemaMembers, type SchemaRef } from '../domain/registry.ts';
import { type GivenRoute, isObject, refIn, refKey, routesIn } from './given-routes.ts';

/** What was seen ahead of a write, which decides at once and can wait for nobody. */
export interface Seen {
  /** What Conductor's registry has under references that ours knows nothing of, by {@link refKey}. */
  schemas: ReadonlyMap<string, GivenSchema>;
  /** What is suspicious, for the answer. */
  warnings: readonly Fault[];
}

/** What config asks of a Conductor. Undefined: it did not say, within the time that a write waits for it. */
export interface ConductorView {
  /** The reference names of a workflow's tasks; null: there is no such workflow. */
  tasksOf(name: string, version: number | undefined): Promise<WorkflowTasks | null | undefined>;
  /** A JSON Schema of its registry; null: there is none. */
  schema(ref: SchemaRef): Promise<GivenSchema | null | undefined>;
}

export interface WorkflowTasks {
  names: ReadonlySet<string>;
  /** Some are made while it runs. */
  dynamic: boolean;
}

/** Looks at the routes of a body, whatever else is wrong with it. */
export type LookAhead = (body: unknown) => Promise<Seen>;

/** Without a Conductor nothing is asked; schemas are compiled ahead all the same. */
export function createLookAhead(state: () => ConfigState, conductor: ConductorView | undefined): LookAhead {
  return async (body) => {
    const routes = routesIn(body);
    await compileAhead(routes.flatMap(({ route }) => schemaMembers.map(([member]) => route[member])));
    const schemas = new Map<string, GivenSchema>();
    if (!conductor) return { schemas, warnings: [] };
    const refs = routes.flatMap(({ route }) => schemaMembers.flatMap(([, member]) => refIn(route[member]) ?? []));
    const unknown = new Map(
      refs.filter((ref) => findJsonSchema(state(), ref) === undefined).map((ref) => [refKey(ref), ref]),
    );
    const [warnings] = await Promise.all([
      Promise.all(routes.map((route) => warningsOf(conductor, route))),
      ...[...unknown].map(async ([key, ref]) => {
        const found = await conductor.schema(ref);
        if (found !== null && found !== undefined) schemas.set(key, found);
      }),
    ]);
    // Copies are compiled into the service: what does not compile would keep it from being brought out.
    await compileAhead([...schemas.values()]);
    return { schemas, warnings: warnings.flat() };
  };
}

async function warningsOf(conductor: ConductorView, { route, at }: GivenRoute): Promise<Fault[]> {
  const mapped = route['mappedWorkflow'];
  if (!isObject(mapped) || typeof mapped['name'] !== 'string') return [];
  const { name, version } = mapped;
  const number = typeof version === 'number' && version > 0 ? version : undefined;
  const tasks = await conductor.tasksOf(name, number);
  if (tasks === undefined) return [];
  const workflow = `the workflow ${name}${number ? ` in version ${number}` : ''}`;
  if (tasks === null) {
    const detail = `Conductor does not know ${workflow}; until it is deployed, requests are answered with an error`;
    return [{ pointer: pointerOf(...at, 'mappedWorkflow'), detail }];
  }
  const awaited = typeof route['waitUntilTasks'] === 'string' ? route['waitUntilTasks'] : '';
  const missing = awaited
    .split(',')
    .map((task) => task.trim())
    .filter((task) => task !== '' && !tasks.dynamic && !tasks.names.has(task.replace(/__\d+$/, '')));
  return missing.map((task) => ({
    pointer: pointerOf(...at, 'waitUntilTasks'),
    detail: `${workflow} has no task with the reference name ${task}; callers wait for its end`,
  }));
}
