import { isDeepStrictEqual } from 'node:util';
import type { SchemaDefInput } from '@rostrum/contract';
import { pointerOf } from '@rostrum/contract/pointer';
import { type ConfigState, type SchemaVersion, valuesOf, withChange } from '../domain/records.ts';
import { findJsonSchema, findSchema, schemaId, schemaMembers, schemasByName } from '../domain/registry.ts';
import { stamped } from '../domain/stamp.ts';
import { AdminProblem, refuseFaults } from '../problems.ts';
import { notFound } from './validate.ts';
import type { Decide } from './write-path.ts';

/**
 * A version of a schema: the given one, else one more than there ever was. The latest once more is no new version,
 * unless `another` is wanted; a version that is there never changes. `at`: where it stands in the body.
 */
export function createSchema(
  input: SchemaDefInput,
  another: boolean,
  ...at: (string | number)[]
): Decide<SchemaVersion> {
  const { name, type, data, externalRef, ownerApp } = input;
  const given = another ? undefined : input.version || undefined;
  return (state, author) => {
    const named = schemasByName(state).get(name);
    const there = named?.versions.get(given ?? named.latest);
    const version = given ?? (named?.highest ?? 0) + 1;
    const content = { name, version, type, data, externalRef, ownerApp };
    const value = stamped<SchemaVersion>(content, undefined, author);
    if (there && !another && isDeepStrictEqual(contentOf(there), contentOf(value))) return { answer: there };
    if (there && given !== undefined) {
      const detail = `version ${given} of ${name} is there and never changes; leave the version out for a new one`;
      refuseFaults([{ pointer: pointerOf(...at, 'version'), detail, taken: true }]);
    }
    return { change: { kind: 'schema', id: schemaId(name, version), value }, answer: value };
  };
}

/** Whether all of them could be stored, one after the other. @throws {AdminProblem} as the first that could not. */
export function checkSchemas(inputs: readonly SchemaDefInput[], another: boolean): Decide<undefined> {
  return (state, author) => {
    const names = new Set(inputs.map(({ name }) => name));
    // Those of other names would only be copied with each step.
    const schemas = new Map([...state.schemas].filter(([id]) => names.has(id.slice(0, id.lastIndexOf('@')))));
    let next: ConfigState = { ...state, schemas };
    for (const [index, input] of inputs.entries()) {
      const { change } = createSchema(input, another, index)(next, author);
      if (change) next = withChange(next, change, next.sequence + 1);
    }
    return { answer: undefined };
  };
}

function contentOf({ type, data, externalRef, ownerApp }: SchemaVersion) {
  return { type, data, externalRef, ownerApp };
}

/** Deletes one version. Its number is not given out again. */
export function deleteSchemaVersion(name: string, version: number): Decide<undefined> {
  return (state) => {
    requireSchema(state, name, version);
    refuseInUse(state, name, [version]);
    return { change: { kind: 'schema', id: schemaId(name, version), value: undefined }, answer: undefined };
  };
}

/** Deletes the lowest version there is, if all may go: the last answers whether there are more. */
export function deleteLowestVersion(name: string): Decide<{ more: boolean }> {
  return (state) => {
    requireSchema(state, name);
    const versions = [...(schemasByName(state).get(name)?.versions.keys() ?? [])].sort((a, b) => a - b);
    refuseInUse(state, name, versions);
    const id = schemaId(name, versions[0] ?? 0);
    return { change: { kind: 'schema', id, value: undefined }, answer: { more: versions.length > 1 } };
  };
}

/** Version absent: the latest. @throws {AdminProblem} not-found. */
export function requireSchema(state: ConfigState, name: string, version?: number): SchemaVersion {
  const found = findSchema(state, { name, version });
  if (found) return found;
  throw notFound(`schema ${JSON.stringify(name)}${version === undefined ? '' : ` in version ${version}`}`);
}

/** Routes that would go on without any check. @throws {AdminProblem} in-use. */
function refuseInUse(state: ConfigState, name: string, versions: readonly number[]): void {
  let next = state;
  for (const version of versions) {
    next = withChange(next, { kind: 'schema', id: schemaId(name, version), value: undefined }, next.sequence + 1);
  }
  const users = valuesOf(state.services).flatMap(({ id, routes }) =>
    routes
      .filter((route) =>
        schemaMembers.some(([member, refMember]) => {
          const ref = route[refMember];
          if (ref?.name !== name || findJsonSchema(state, ref) === undefined) return false;
          const fallback = route.conductorSchemas?.[member] ?? (route[member] || undefined);
          return findJsonSchema(next, ref) === undefined && fallback === undefined;
        }),
      )
      .map(({ httpMethod, path }) => `${httpMethod} ${path} of ${id}`),
  );
  if (users.length === 0) return;
  const [some, more] = [users.slice(0, 5).join(', '), users.length > 5 ? ` and ${users.length - 5} more` : ''];
  const detail = `The schema ${name} is used by ${some}${more}: change these first, or give them a copy of it.`;
  throw new AdminProblem('in-use', detail);
}
