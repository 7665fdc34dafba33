import { randomBytes } from 'node:crypto';
import type { Keyring } from './records.ts';
import { masterKeyId, unwrapDataKey, wrapDataKey } from './vault.ts';

/**
 * The steps of a rotation. `masterKeys`: the present one first, then one that is on its way out. Replicas that have
 * only the one or the other can open the keyring until the last step.
 */

/** Readable with the present master key, too; the very same keyring when it is already. @throws {VaultError} */
export function readableWith(keyring: Keyring, masterKeys: readonly [Buffer, ...Buffer[]]): Keyring {
  const mine = masterKeyId(masterKeys[0]);
  if (keyring.dataKeys.every(({ wrapped }) => Object.hasOwn(wrapped, mine))) return keyring;
  const dataKeys = keyring.dataKeys.map((each) => {
    const { wrapped } = wrapDataKey(unwrapDataKey(each, masterKeys), [masterKeys[0]]);
    return { id: each.id, wrapped: { ...each.wrapped, ...wrapped } };
  });
  return { ...keyring, dataKeys };
}

/** With a new data key that seals from now on. */
export function withNewDataKey(keyring: Keyring, masterKeys: readonly Buffer[]): Keyring {
  const made = { id: randomBytes(6).toString('hex'), key: randomBytes(32) };
  return { ...keyring, dataKeys: [...keyring.dataKeys, wrapDataKey(made, masterKeys)] };
}

/** With the last data key alone, and that readable with the present master key alone. The same when it is like that. */
export function withLastKeyOnly(keyring: Keyring, masterKeys: readonly [Buffer, ...Buffer[]]): Keyring {
  const last = keyring.dataKeys.at(-1);
  if (!last) return keyring;
  if (keyring.dataKeys.length === 1 && Object.keys(last.wrapped).join() === masterKeyId(masterKeys[0])) return keyring;
  return { ...keyring, dataKeys: [wrapDataKey(unwrapDataKey(last, masterKeys), [masterKeys[0]])] };
}
