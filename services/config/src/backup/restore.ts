import { isDeepStrictEqual } from 'node:util';
import { readableWith } from '../domain/keyring.ts';
import {
  type Application,
  type Change,
  collectionKinds,
  type ConfigState,
  entriesOf,
  type Keyring,
  type Service,
  valuesOf,
} from '../domain/records.ts';
import { namesKey } from '../domain/sealed.ts';
import type { Author } from '../domain/stamp.ts';
import { sealingKeyOf, VaultError } from '../domain/vault.ts';
import { AdminProblem, refuseFaults } from '../problems.ts';
import { type MasterKeys, resealOne } from '../write/rotate-secrets.ts';
import { outlineOf, pathFaults } from '../write/validate.ts';
import type { Write } from '../write/write-path.ts';
import { checkTogether } from './check.ts';
import type { Backup, BackupObject } from './format.ts';

export interface RestoreOptions {
  masterKeys: MasterKeys;
  /** Whether what stands there and is not in the backup is removed; else it is refused. */
  replace: boolean;
}

/**
 * Makes the configuration what it is in the backup: ids, authors and times stay. Object by object, services last; what
 * is there already is left alone, so that one that ended in between is finished by the same call again.
 *
 * @throws {AdminProblem} before anything is written, when the author may not do it, the master key is another, what is in
 * the backup does not go together, or the installation is not empty.
 */
export async function restore(
  write: Write,
  { keyring, objects }: Backup,
  { masterKeys, replace }: RestoreOptions,
  author: Author,
): Promise<{ restored: number; removed: number }> {
  const readable = openKeyring(keyring, masterKeys);
  const keyless = objects.find((each) => lacksKey(keyring, each));
  if (keyless) {
    const detail = `The backup is damaged: it lacks the data key of ${nameOf(keyless)}. Nothing was changed.`;
    throw new AdminProblem('malformed-body', detail);
  }
  await checkTogether(await write((state) => ({ answer: state }), author), objects);
  const wanted = new Map(objects.map((each) => [nameOf(each), each]));
  const others = await write((state) => ({ answer: othersIn(state, wanted) }), author);
  if (others.length > 0 && !replace) {
    const detail = `The installation is not empty: it has ${others.slice(0, 5).map(nameOf).join(', ')}${others.length > 5 ? ', …' : ''}. Restore into an empty one, or send ?replace=true to have all of it replaced. Nothing was changed.`;
    throw new AdminProblem('already-exists', detail);
  }
  await write(({ keyring: { value } }) => ({ change: mergeKeys(value, readable), answer: undefined }), author);
  // From here on in his name, but whatever becomes of his key: it may be among what is replaced.
  const begun: Author = { name: author.name, now: author.now };
  // First what is in the way: services foremost, with those that had another path, since paths have to be free.
  const removed = others.filter((each) => each.moved || !wanted.has(nameOf(each)));
  for (const { kind, id } of removed.toReversed()) {
    await write(() => ({ change: { kind, id, value: undefined }, answer: undefined }), begun);
  }
  let restored = 0;
  for (const each of objects) if (await write((state) => putBack(state, each, replace), begun)) restored += 1;
  // What is the installation's own, such as the keys that sign tokens, goes over to the backup's data key.
  while (await write(resealOne(masterKeys), begun));
  await write((state) => ({ change: dropOwnKeys(state, readable), answer: undefined }), begun);
  return { restored, removed: removed.length };
}

function openKeyring(keyring: Keyring, masterKeys: MasterKeys): Keyring {
  try {
    return readableWith(keyring, masterKeys);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const detail = `The backup’s secrets cannot be opened: ${error.message}. Nothing was changed.`;
    throw new AdminProblem('malformed-request', detail, {}, error);
  }
}

const nameOf = ({ kind, id }: Pick<BackupObject, 'kind' | 'id'>) => `${kind} ${id}`;

interface Other extends Pick<BackupObject, 'kind' | 'id'> {
  /** A service that has another base path in the backup. */
  moved: boolean;
}

/** What stands there and is not in the backup, or is something else there. */
function othersIn(state: ConfigState, wanted: ReadonlyMap<string, BackupObject>): Other[] {
  return collectionKinds.flatMap((kind) =>
    [...entriesOf(state, kind)].flatMap(([id, { value }]) => {
      if (value === undefined) return [];
      const other = wanted.get(nameOf({ kind, id }))?.value;
      if (isDeepStrictEqual(other, value)) return [];
      return [
        { kind, id, moved: kind === 'service' && (other as Service | undefined)?.path !== (value as Service).path },
      ];
    }),
  );
}

function putBack(state: ConfigState, { kind, id, value }: BackupObject, replace: boolean) {
  const existing = entriesOf(state, kind).get(id)?.value;
  if (isDeepStrictEqual(existing, value)) return { answer: false };
  if (existing !== undefined && !replace) {
    throw new AdminProblem('already-exists', `The ${kind} ${id} was made meanwhile; what came before it is restored.`);
  }
  if (lacksKey(state.keyring.value, { kind, value })) {
    const detail = `A rotation of secrets dropped the data key of the ${kind} ${id} meanwhile; send the backup again to finish.`;
    throw new AdminProblem('service-unavailable', detail);
  }
  if (kind === 'service') refuseFaults(pathFaults(outlineOf(value as Service), valuesOf(state.services)));
  return { change: { kind, id, value } as Change, answer: true };
}

/** Whether nothing in the keyring opens its secret. */
function lacksKey(keyring: Keyring | undefined, { kind, value }: Omit<BackupObject, 'id'>): boolean {
  const { conductor } = (kind === 'application' ? value : {}) as Partial<Application>;
  const key = conductor && sealingKeyOf(conductor.sealedSecret);
  return key !== undefined && !keyring?.dataKeys.some(({ id }) => id === key);
}

/** The backup's keys behind those that are there: until all is restored, both may be needed. */
function mergeKeys(own: Keyring | undefined, { dataKeys }: Keyring): Change | undefined {
  const ids = new Set(dataKeys.map(({ id }) => id));
  const value = { ...own, dataKeys: [...(own?.dataKeys ?? []).filter(({ id }) => !ids.has(id)), ...dataKeys] };
  return isDeepStrictEqual(value, own) ? undefined : { kind: 'keyring', value };
}

function dropOwnKeys(state: ConfigState, { dataKeys }: Keyring): Change | undefined {
  const own = state.keyring.value;
  const ids = new Set(dataKeys.map(({ id }) => id));
  const kept = (own?.dataKeys ?? []).filter(({ id }) => ids.has(id) || namesKey(state, id));
  return !own || kept.length === own.dataKeys.length
    ? undefined
    : { kind: 'keyring', value: { ...own, dataKeys: kept } };
}
