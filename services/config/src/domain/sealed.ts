import { conductorPlace } from './applications.ts';
import type { Change, ConfigState } from './records.ts';
import { valuesOf } from './records.ts';
import { signingPlace } from './signing.ts';
import { sealingKeyOf, type Vault } from './vault.ts';

/**
 * The one list of what is sealed. Whatever stores a sealed secret has to be in it: a rotation seals these again, and
 * refuses to drop a key that anything else still names.
 */

/** Something whose secret is not sealed with this data key, sealed with it; undefined when there is nothing left. */
export function nextResealed(state: ConfigState, keyId: string, vault: Vault): Change | undefined {
  for (const value of valuesOf(state.applications)) {
    const { id, conductor } = value;
    if (!conductor || sealingKeyOf(conductor.sealedSecret) === keyId) continue;
    const sealedSecret = resealed(conductor.sealedSecret, conductorPlace(id), vault);
    return { kind: 'application', id, value: { ...value, conductor: { ...conductor, sealedSecret } } };
  }
  const signing = state.signing.value;
  if (!signing || signing.keys.every(({ sealed }) => sealingKeyOf(sealed) === keyId)) return undefined;
  const keys = signing.keys.map((key) => ({ ...key, sealed: resealed(key.sealed, signingPlace(key.id), vault) }));
  return { kind: 'signing', value: { ...signing, keys } };
}

function resealed(sealed: string, place: string, vault: Vault): string {
  return vault.seal(vault.open(sealed, place), place);
}

/** Whether anything at all, but for services, which hold no secrets, has text that was sealed with this key. */
export function namesKey(state: ConfigState, keyId: string): boolean {
  const { keyring: _, services: __, sequence: ___, ...rest } = state;
  const entries = Object.values(rest).flatMap((each): { value: unknown }[] =>
    each instanceof Map ? [...each.values()] : [each],
  );
  return entries.some(({ value }) => value !== undefined && JSON.stringify(value).includes(`"${keyId}:`));
}
