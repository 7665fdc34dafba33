import { randomBytes } from 'node:crypto';
import type { SigningKey, SigningKeys } from './records.ts';
import type { Vault } from './vault.ts';

/** A key that tokens are signed with, opened. */
export interface OpenKey {
  id: string;
  secret: Uint8Array;
  /** See SigningKey. */
  verifiesUntil: number | undefined;
}

/** Where a signing key is sealed for. */
export function signingPlace(id: string): string {
  return `signing/${id}`;
}

/** More are forgotten, and their tokens with them: someone rotates in a loop. */
const mostKept = 16;
/** Clocks of replicas may differ by so much. */
const marginMs = 60_000;

/**
 * With a new key that signs from now on. Those before it verify until what they have signed has expired; so does, when
 * this is the first, the one that the release before derived.
 */
export function withNewKey(stored: SigningKeys | undefined, vault: Vault, now: number, tokenMs: number): SigningKeys {
  const id = randomBytes(6).toString('hex');
  const sealed = vault.seal(randomBytes(32).toString('base64url'), signingPlace(id));
  const kept = (stored?.keys ?? [])
    .map((key): SigningKey => ({ ...key, verifiesUntil: key.verifiesUntil ?? now + tokenMs + marginMs }))
    .filter(({ verifiesUntil = 0 }) => verifiesUntil > now);
  const derivedUntil = stored ? stored.derivedUntil : now + tokenMs + marginMs;
  const keys = [...kept, { id, sealed, createdAt: now }].slice(-mostKept);
  return { keys, ...(derivedUntil === undefined ? {} : { derivedUntil }) };
}

/** The keys of the record as it is at the time, opened; the last one signs. */
export function followSigningKeys(stored: () => SigningKeys | undefined, vault: () => Vault): () => readonly OpenKey[] {
  let opened: { from: SigningKeys; keys: readonly OpenKey[] } | undefined;
  return () => {
    const current = stored();
    if (!current) return [];
    if (opened?.from !== current) opened = { from: current, keys: openAll(current, vault()) };
    return opened.keys;
  };
}

function openAll({ keys }: SigningKeys, vault: Vault): OpenKey[] {
  return keys.map(({ id, sealed, verifiesUntil }) => {
    const secret = new Uint8Array(Buffer.from(vault.open(sealed, signingPlace(id)), 'base64url'));
    return { id, secret, verifiesUntil };
  });
}
