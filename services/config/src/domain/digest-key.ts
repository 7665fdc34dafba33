import { type DigestKey, digestApiKey } from '@rostrum/shared/digest';
import { type ConfigState, type Keyring, valuesOf } from './records.ts';

/**
 * API keys are digests under DIGEST_KEY, and void under another one. A digest names its key's id only, so the keyring
 * keeps a fingerprint of the key that each id was first used for.
 */

/** With this digest key's fingerprint; the very same keyring when its id has one. */
export function withFingerprint(keyring: Keyring, digestKey: DigestKey): Keyring {
  if (keyring.digestKeys?.[digestKey.id] !== undefined) return keyring;
  return { ...keyring, digestKeys: { ...keyring.digestKeys, [digestKey.id]: fingerprint(digestKey) } };
}

/** Auth configs and applications with keys that were stored under another digest key: `auth config a`. */
export function underAnotherDigestKey(state: ConfigState, digestKey: DigestKey): string[] {
  const known = state.keyring.value?.digestKeys?.[digestKey.id];
  const sameKey = known === undefined || known === fingerprint(digestKey);
  const isForeign = (digest: string) => !sameKey || !digest.startsWith(`${digestKey.id}:`);
  const configs = valuesOf(state.authConfigs).filter(({ apiKeys }) => apiKeys.some(isForeign));
  const applications = valuesOf(state.applications).filter(({ accessKeys }) =>
    accessKeys.some(({ digest }) => isForeign(digest)),
  );
  return [...configs.map(({ id }) => `auth config ${id}`), ...applications.map(({ id }) => `application ${id}`)];
}

function fingerprint(digestKey: DigestKey): string {
  return digestApiKey('rostrum digest key', digestKey);
}
