import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Application, ConfigState, Keyring } from '../domain/records.ts';
import { emptyState, withChange } from '../domain/records.ts';
import { createKeyring, openVault } from '../domain/vault.ts';
import { AdminProblem } from '../problems.ts';
import type { Write } from '../write/write-path.ts';
import type { BackupObject } from './format.ts';
import { restore } from './restore.ts';

const masterKey = randomBytes(32);
const masterKeys = [masterKey] as const;
const stamp = { createdBy: 'x', updatedBy: 'x', createTime: 1, updateTime: 1 };
const lists = { tags: [], roles: [], accessKeys: [], permissions: [] };

/** An installation in memory; `before` may change it before its nth write is decided on. */
function installation(before: (state: ConfigState, count: number) => ConfigState = (state) => state) {
  let state = withChange(emptyState(), { kind: 'keyring', value: createKeyring(masterKey) }, 1);
  const names = new Set<string>();
  let count = 0;
  const write: Write = async (decide, author) => {
    state = before(state, (count += 1));
    author.check?.(state);
    const { change, answer } = decide(state, author);
    if (change) {
      state = withChange(state, change, state.sequence + 1);
      names.add(author.name);
    }
    return answer;
  };
  return { write, names, state: () => state };
}

function backupOf(...ids: string[]): { keyring: Keyring; objects: BackupObject[] } {
  const keyring = createKeyring(masterKey);
  const objects = ids.map((id): BackupObject => {
    const sealedSecret = openVault(keyring, masterKeys).seal('secret', `application/${id}/conductor`);
    const value: Application = { id, name: id, ...lists, ...stamp, conductor: { keyId: 'k', sealedSecret } };
    return { kind: 'application', id, value };
  });
  return { keyring, objects };
}

it('a restore goes on in the name of who began it, also when it takes his rights away', async () => {
  const { write, names, state } = installation();
  const check = (now: ConfigState) => {
    if (now.applications.has('a')) throw new AdminProblem('unauthenticated', 'gone');
  };
  const answer = await restore(
    write,
    backupOf('a', 'b'),
    { masterKeys, replace: true },
    { name: 'who', now: 1, check },
  );
  expect(answer).toEqual({ restored: 2, removed: 0 });
  expect([[...names], [...state().applications.keys()]]).toEqual([['who'], ['a', 'b']]);
});

it('a restore by who may not is refused before anything is written', async () => {
  const { write, names } = installation();
  const check = () => {
    throw new AdminProblem('forbidden', 'no');
  };
  const author = { name: 'who', now: 1, check };
  await expect(restore(write, backupOf('a'), { masterKeys, replace: true }, author)).rejects.toThrow(/forbidden/);
  expect(names.size).toBe(0);
});

it('a restore stores nothing whose data key a rotation has dropped meanwhile, and is finished by the same call', async () => {
  const dropped = { is: false };
  const { write, state } = installation((now) => {
    const last = now.keyring.value?.dataKeys.at(-1);
    if (dropped.is || !last || now.keyring.value?.dataKeys.length !== 2) return now;
    dropped.is = true;
    const own = now.keyring.value.dataKeys.slice(0, 1);
    return withChange(now, { kind: 'keyring', value: { dataKeys: own } }, now.sequence + 1);
  });
  const backup = backupOf('a', 'b');
  const again = () => restore(write, backup, { masterKeys, replace: true }, { name: 'who', now: 1 });
  await expect(again()).rejects.toMatchObject({ code: 'service-unavailable' });
  expect(state().applications.size).toBe(0);
  expect(await again()).toEqual({ restored: 2, removed: 0 });
});

it('a backup whose own keyring lacks a key is refused before anything is written', async () => {
  const { write, names } = installation();
  const backup = { ...backupOf('a'), keyring: createKeyring(masterKey) };
  const answer = restore(write, backup, { masterKeys, replace: true }, { name: 'who', now: 1 });
  await expect(answer).rejects.toMatchObject({ code: 'malformed-body' });
  expect(names.size).toBe(0);
});
