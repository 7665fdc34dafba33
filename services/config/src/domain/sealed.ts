import type { Change, ConfigState } from './records.ts';
import { valuesOf } from './records.ts';
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
    const place = `application/${id}/conductor`;
    const sealedSecret = vault.seal(vault.open(conductor.sealedSecret, place), place);
    return { kind: 'application', id, value: { ...value, conductor: { ...conductor, sealedSecret } } };
  }
  return undefined;
}

/** Whether anything at all, but for services, which hold no secrets, has text that was sealed with this key. */
export function namesKey(state: ConfigState, keyId: string): boolean {
  const { keyring: _, services: __, sequence: ___, ...rest } = state;
  const entries = Object.values(rest).flatMap((each): { value: unknown }[] =>
    each instanceof Map ? [...each.values()] : [each],
  );
  return entries.some(({ value }) => value !== undefined && JSON.stringify(value).includes(`"${keyId}:`));
}
