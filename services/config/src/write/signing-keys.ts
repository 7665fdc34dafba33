import type { SigningKeys } from '../domain/records.ts';
import { withNewKey } from '../domain/signing.ts';
import { openVault, VaultError } from '../domain/vault.ts';
import type { ActionContext, View } from './context.ts';
import type { Decide, Write } from './write-path.ts';
import type { Author } from '../domain/stamp.ts';

/** Tokens are signed with a new key from now on, on every replica; those that were given out stay good until they expire. */
export function rotateSigningKeys({ vault, tokenLifetimeSeconds }: ActionContext): Decide<View> {
  return ({ signing }, { now }) => {
    const value = withNewKey(signing.value, vault(), now, tokenLifetimeSeconds * 1_000);
    return { change: { kind: 'signing', value }, answer: view(value) };
  };
}

/** The first signing key, where there is none: a new installation, or one of a release that derived it. */
export async function ensureSigningKeys(
  write: Write,
  masterKeys: readonly Buffer[],
  tokenLifetimeSeconds: number,
  author: Author,
): Promise<void> {
  await write<void>(({ signing, keyring }) => {
    if (signing.value) return { answer: undefined };
    if (!keyring.value) throw new VaultError('there is no keyring to seal the signing key with');
    const value = withNewKey(undefined, openVault(keyring.value, masterKeys), author.now, tokenLifetimeSeconds * 1_000);
    return { change: { kind: 'signing', value }, answer: undefined };
  }, author);
}

function view({ keys }: SigningKeys): View {
  return {
    keys: keys.map(({ id, createdAt, verifiesUntil }) => ({
      ...{ id, createdAt },
      ...(verifiesUntil === undefined ? {} : { verifiesUntil }),
    })),
  };
}
