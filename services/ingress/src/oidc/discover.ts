import { isIssuerAddress } from '@rostrum/shared/issuer';
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';

/** An issuer's public keys as they were at one time. The same object for as long as they are the same. */
export interface KeySet {
  /** Finds the one key that a token's header names; nothing that the token brings itself is used as one. */
  find: LocalJWKSet;
  text: string;
  bytes: number;
}

const MAX_KEYS = 100;
const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keyDocument = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MAX_KEYS) });

/**
 * Reads an issuer's keys by its discovery document (OpenID Connect Discovery 1.0, section 4). The document has to name
 * the very issuer that was asked, byte for byte (4.3), or one issuer could speak for another.
 *
 * @throws {Error} saying what is wrong, for the log.
 */
export async function discoverKeys(issuer: string, timeoutMs: number): Promise<KeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  if (!isIssuerAddress(issuer)) throw new Error(`${issuer} is no address that keys are read from`);
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = discoveryDocument.parse((await fetchJson(address, signal)).value);
  if (document.issuer !== issuer) throw new Error(`${address} speaks for ${document.issuer.slice(0, 200)}`);
  if (!mayHoldKeys(document.jwks_uri, issuer))
    throw new Error(`${address} names keys at ${document.jwks_uri.slice(0, 200)}, where they are not safe`);
  const { value, bytes } = await fetchJson(document.jwks_uri, signal);
  const { keys } = keyDocument.parse(value);
  // A secret that both sides share is none here: whoever can read this document could sign with it.
  const jwks = { keys: keys.filter(({ kty }) => kty !== 'oct') } as JSONWebKeySet;
  return { find: createLocalJWKSet(jwks), text: JSON.stringify(jwks), bytes };
}

/** Plain http is for an issuer on this very machine, which may not send us elsewhere with it. */
function mayHoldKeys(address: string, issuer: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && issuer.startsWith('http:') && isLoopback(address));
}

function isLoopback(address: string): boolean {
  const { origin } = new URL(address);
  return isIssuerAddress(origin);
}
