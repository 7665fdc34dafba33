import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Keyring } from './records.ts';

/** Something that was sealed cannot be opened: the key is missing, or it is not what was sealed there. */
export class VaultError extends Error {
  override name = 'VaultError';
}

/** This process does not have the master key that the whole keyring is wrapped under. */
export class MasterKeyError extends VaultError {
  override name = 'MasterKeyError';
}

/** A key of AES-256-GCM, by the id that names it in what it sealed. */
interface SealingKey {
  id: string;
  key: Buffer;
}

/**
 * Seals secrets that stand in the configuration. They are sealed with a data key; data keys stand in the configuration
 * too, wrapped under the master key, so that another master key costs one write.
 */
export interface Vault {
  /** `place` says where it will stand, such as `application/x/conductor`: what is moved elsewhere does not open there. */
  seal(secret: string, place: string): string;
  /** @throws {VaultError} */
  open(sealed: string, place: string): string;
}

/** Says which master key wrapped something, and nothing about the key. */
export function masterKeyId(masterKey: Buffer): string {
  return createHash('sha256').update('rostrum master key id').update(masterKey).digest('base64url').slice(0, 12);
}

/** The id of the data key that something was sealed with. */
export function sealingKeyOf(sealed: string): string {
  return sealed.slice(0, sealed.indexOf(':'));
}

/** A keyring with one new data key. */
export function createKeyring(masterKey: Buffer): Keyring {
  return { dataKeys: [wrapDataKey({ id: randomBytes(6).toString('hex'), key: randomBytes(32) }, [masterKey])] };
}

/** @throws {MasterKeyError} when it is wrapped under none of the master keys. @throws {VaultError} */
export function openVault({ dataKeys }: Keyring, masterKeys: readonly Buffer[]): Vault {
  const keys = dataKeys.map((each) => unwrapDataKey(each, masterKeys));
  const last = keys.at(-1);
  if (!last) throw new VaultError('the keyring holds no key');
  return {
    seal: (secret, place) => `${last.id}:${encrypt(last.key, Buffer.from(secret), place)}`,
    open(sealed, place) {
      const [id, text = ''] = sealed.split(':');
      const found = keys.find((each) => each.id === id);
      if (!found) throw new VaultError(`what stands at ${place} was sealed with a key that is not in the keyring`);
      return decrypt(found.key, text, place).toString();
    },
  };
}

/**
 * The vault of the keyring as it is at the time: it changes when keys are rotated. `onFault` is told once of each keyring
 * that does not open.
 */
export function followVault(
  keyring: () => Keyring | undefined,
  masterKeys: readonly Buffer[],
  onFault: (error: unknown) => void,
): () => Vault {
  let opened: { keyring: Keyring; vault: Vault } | undefined;
  let failed: { keyring: Keyring; error: unknown } | undefined;
  return () => {
    const current = keyring();
    if (!current) throw new VaultError('there is no keyring yet');
    if (opened?.keyring === current) return opened.vault;
    if (failed?.keyring === current) throw failed.error;
    try {
      opened = { keyring: current, vault: openVault(current, masterKeys) };
      return opened.vault;
    } catch (error) {
      failed = { keyring: current, error };
      onFault(error);
      throw error;
    }
  };
}

/** Why the vault does not open; undefined when it does. */
export function vaultFault(vault: () => Vault): string | undefined {
  try {
    vault();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export function unwrapDataKey({ id, wrapped }: Keyring['dataKeys'][number], masterKeys: readonly Buffer[]): SealingKey {
  for (const masterKey of masterKeys) {
    const text = wrapped[masterKeyId(masterKey)];
    if (text !== undefined) return { id, key: decrypt(wrappingKey(masterKey), text, `data key ${id}`) };
  }
  const known = Object.keys(wrapped).join(', ');
  throw new MasterKeyError(
    `MASTER_KEY is not the one that this configuration was sealed with (its id is ${known}): set that one, or give it as MASTER_KEY_PREVIOUS`,
  );
}

/** Readable with any one of these master keys. */
export function wrapDataKey({ id, key }: SealingKey, masterKeys: readonly Buffer[]): Keyring['dataKeys'][number] {
  const wraps = masterKeys.map((masterKey) => [
    masterKeyId(masterKey),
    encrypt(wrappingKey(masterKey), key, `data key ${id}`),
  ]);
  return { id, wrapped: Object.fromEntries(wraps) as Record<string, string> };
}

function wrappingKey(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', 'rostrum data key', 32));
}

const ivBytes = 12;
const tagBytes = 16;

/** base64url of nonce, tag and ciphertext (NIST SP 800-38D; a random nonce each). */
function encrypt(key: Buffer, plain: Buffer, place: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
}

function decrypt(key: Buffer, text: string, place: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch (error) {
    throw new VaultError(`what stands at ${place} does not open: it was changed, or belongs elsewhere`, {
      cause: error,
    });
  }
}
