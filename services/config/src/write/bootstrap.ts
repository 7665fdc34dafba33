import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@rostrum/service/logger';
import { type DigestKey, digestApiKey } from '@rostrum/shared/digest';
import { compilerVersion } from '../domain/compile.ts';
import type { CompilerSettings } from '../domain/records.ts';
import { underAnotherDigestKey, withFingerprint } from '../domain/digest-key.ts';
import { readableWith } from '../domain/keyring.ts';
import { createKeyring, openVault, VaultError } from '../domain/vault.ts';
import type { Author } from './context.ts';
import { ensureSigningKeys } from './signing-keys.ts';
import type { MasterKeys } from './rotate-secrets.ts';
import type { Write } from './write-path.ts';

interface AdminKey {
  keyId: string;
  keySecret: string;
}

/** What bootstrap needs of the settings. */
export interface BootstrapSettings {
  ADMIN_KEY_ID?: string | undefined;
  ADMIN_KEY_SECRET?: string | undefined;
  DIGEST_KEY: DigestKey;
  MASTER_KEY: Buffer;
  MASTER_KEY_PREVIOUS?: Buffer | undefined;
  DEFAULT_TIMEOUT_MS: number;
  MAX_TIMEOUT_MS: number;
  TOKEN_LIFETIME_SECONDS: number;
}

const retryMs = 500;

/** The service writes of its own accord. */
const itself = (): Author => ({ name: 'rostrum', now: Date.now() });

/**
 * Writes what has to be there before anything else is served; goes on trying while the storage does not answer.
 *
 * @throws {VaultError} when the master key is not the one that the configuration was sealed with.
 */
export async function bootstrap(write: Write, settings: BootstrapSettings, log: Logger): Promise<void> {
  const { ADMIN_KEY_ID: keyId, ADMIN_KEY_SECRET: keySecret, DIGEST_KEY: digestKey } = settings;
  const { DEFAULT_TIMEOUT_MS: defaultTimeoutMs, MAX_TIMEOUT_MS: maxTimeoutMs } = settings;
  const given = keyId && keySecret ? { keyId, keySecret } : undefined;
  // Made once: a first try may have stored it although it failed.
  const made = { keyId: `admin-${randomBytes(6).toString('hex')}`, keySecret: randomBytes(24).toString('base64url') };
  for (;;) {
    try {
      await ensureKeyring(write, masterKeysOf(settings), digestKey);
      await warnOfDigestKey(write, digestKey, log);
      await ensureSigningKeys(write, masterKeysOf(settings), settings.TOKEN_LIFETIME_SECONDS, itself());
      await ensureAdmin(write, given, made, digestKey, log);
      await ensureCompiler(write, { defaultTimeoutMs, maxTimeoutMs }, log);
      return;
    } catch (error) {
      if (error instanceof VaultError) throw error;
      log.warn({ err: error }, 'the first writes failed; trying again');
      await delay(retryMs);
    }
  }
}

/**
 * The first admin: the given key, stored in place of another; without one the key that is stored, else a new one,
 * shown once. Of several replicas that start at once, the one whose write comes first decides.
 */
async function ensureAdmin(
  write: Write,
  given: AdminKey | undefined,
  made: AdminKey,
  digestKey: DigestKey,
  log: Logger,
): Promise<void> {
  const { keyId, keySecret } = given ?? made;
  const digest = digestApiKey(keySecret, digestKey);
  const outcome = await write<'kept' | 'made' | 'replaced'>(({ admin }) => {
    const same = admin.value?.keyId === keyId && admin.value.digest === digest;
    if (same && !given) return { answer: 'made' };
    if (admin.value && (same || !given)) return { answer: 'kept' };
    return { change: { kind: 'admin', value: { keyId, digest } }, answer: admin.value ? 'replaced' : 'made' };
  }, itself());
  if (outcome === 'replaced') log.warn({ keyId }, 'the admin key was replaced by the one of the environment');
  // The one secret that is logged, because there is no other way to tell it; shown here and never again.
  if (outcome === 'made' && !given) log.warn(`first admin key, shown once: id ${keyId} secret ${keySecret}`);
}

export function masterKeysOf(settings: Pick<BootstrapSettings, 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS'>): MasterKeys {
  const { MASTER_KEY: present, MASTER_KEY_PREVIOUS: previous } = settings;
  return previous ? [present, previous] : [present];
}

/**
 * The keys that secrets are sealed with: those that are stored, when the master key or the one before it opens them;
 * else new ones. Replicas that have only the one before it go on with it.
 */
async function ensureKeyring(write: Write, masterKeys: MasterKeys, digestKey: DigestKey): Promise<void> {
  await write<void>(({ keyring }) => {
    if (keyring.value) openVault(keyring.value, masterKeys);
    const readable = keyring.value ? readableWith(keyring.value, masterKeys) : createKeyring(masterKeys[0]);
    const value = withFingerprint(readable, digestKey);
    return value === keyring.value ? { answer: undefined } : { change: { kind: 'keyring', value }, answer: undefined };
  }, itself());
}

/** Callers with those keys are refused, and nothing else would say why. */
async function warnOfDigestKey(write: Write, digestKey: DigestKey, log: Logger): Promise<void> {
  const foreign = await write((state) => ({ answer: underAnotherDigestKey(state, digestKey) }), itself());
  if (foreign.length === 0) return;
  const shown = `${foreign.slice(0, 20).join(', ')}${foreign.length > 20 ? `, and ${foreign.length - 20} more` : ''}`;
  log.warn(
    `DIGEST_KEY is not the one that keys of these were stored under, which are void with it: ${shown}. Start config and ingresses with that one, or send the keys anew; a new digest key needs a new id.`,
  );
}

/** Stores what revisions are compiled with; when that changes, every service gets a new revision. */
async function ensureCompiler(write: Write, settings: Omit<CompilerSettings, 'version'>, log: Logger): Promise<void> {
  const { defaultTimeoutMs, maxTimeoutMs } = settings;
  const mine: CompilerSettings = { version: compilerVersion, defaultTimeoutMs, maxTimeoutMs };
  await write<void>(({ compiler: { value } }) => {
    const same = value?.defaultTimeoutMs === defaultTimeoutMs && value.maxTimeoutMs === maxTimeoutMs;
    if (value && value.version > compilerVersion) {
      log.warn(
        { stored: value.version, mine: compilerVersion },
        'a newer release compiles the revisions; this one leaves it to it',
      );
      return { answer: undefined };
    }
    if (value?.version === compilerVersion && same) return { answer: undefined };
    return { change: { kind: 'compiler', value: mine }, answer: undefined };
  }, itself());
}
