import type { DigestKey } from '@rostrum/shared/digest';
import type { Author } from '../domain/stamp.ts';
import type { Vault } from '../domain/vault.ts';
import type { Schemas } from '@rostrum/contract';
import type { LookAhead } from './look-ahead.ts';

/** What the actions on the configuration need to know. */
export interface ActionContext {
  schemas: Schemas;
  digestKey: DigestKey;
  /** Where callers reach the ingress, without a slash at the end. */
  publicUrl: string;
  /** Seals and opens the secrets that stand in the configuration. */
  vault(): Vault;
  /** Looks at what a write of routes depends on, before it. */
  lookAhead: LookAhead;
  tokenLifetimeSeconds: number;
}

export type { Author };

export type View = Record<string, unknown>;

/** The change from what is there to `value`, if it is one: building the same again gives the same object. */
export function changed<T>(existing: T | undefined, value: T): T | undefined {
  return existing === value ? undefined : value;
}
