import { readableWith, withLastKeyOnly, withNewDataKey } from '../domain/keyring.ts';
import type { ConfigState, Keyring } from '../domain/records.ts';
import { namesKey, nextResealed } from '../domain/sealed.ts';
import type { Author } from '../domain/stamp.ts';
import { masterKeyId, openVault, VaultError } from '../domain/vault.ts';
import type { Write } from './write-path.ts';

/** The present master key, then the one before it while both are in use. */
export type MasterKeys = readonly [Buffer, ...Buffer[]];

export interface Rotation {
  /** The data key that seals everything now; the id of the master key that it is wrapped under. */
  dataKey: string;
  masterKey: string;
  /** How many secrets were sealed again by this call. */
  resealed: number;
}

/**
 * Seals every secret with a new data key, and drops the old ones together with what other master keys can open. Each
 * step is a write of its own that leaves everything readable; one that ends in between is finished by the next call.
 * Several at once, and writes in between, are fine: each step looks at what is there, and the last one at everything.
 *
 * @throws {VaultError} when something is sealed that is not in the list of what is sealed.
 */
export async function rotateSecrets(write: Write, masterKeys: MasterKeys, author: Author): Promise<Rotation> {
  await write<void>(({ keyring }) => {
    const value = withNewDataKey(readableWith(present(keyring.value), masterKeys), masterKeys);
    return { change: { kind: 'keyring', value }, answer: undefined };
  }, author);
  let resealed = 0;
  for (;;) {
    while (await write(resealOne(masterKeys), author)) resealed += 1;
    const dataKey = await write(dropOldKeys(masterKeys), author);
    if (dataKey !== undefined) return { dataKey, masterKey: masterKeyId(masterKeys[0]), resealed };
  }
}

/** Seals one secret with the last data key that is not yet; answers whether there was one. */
export function resealOne(masterKeys: MasterKeys) {
  return (state: ConfigState) => {
    const change = resealNext(state, masterKeys);
    return { change, answer: change !== undefined };
  };
}

/** Answers undefined when something was sealed with an old key meanwhile. */
function dropOldKeys(masterKeys: MasterKeys) {
  return (state: ConfigState) => {
    if (resealNext(state, masterKeys)) return { answer: undefined };
    const keyring = present(state.keyring.value);
    const old = keyring.dataKeys.slice(0, -1).find(({ id }) => namesKey(state, id));
    if (old) throw new VaultError(`something is sealed with the data key ${old.id} that a rotation does not know of`);
    const value = withLastKeyOnly(keyring, masterKeys);
    const answer = value.dataKeys[0]?.id;
    return value === keyring ? { answer } : { change: { kind: 'keyring' as const, value }, answer };
  };
}

function resealNext(state: ConfigState, masterKeys: MasterKeys) {
  const keyring = present(state.keyring.value);
  return nextResealed(state, keyring.dataKeys.at(-1)?.id ?? '', openVault(keyring, masterKeys));
}

function present(keyring: Keyring | undefined): Keyring {
  if (!keyring) throw new VaultError('there is no keyring yet');
  return keyring;
}
