import { type Application, type ConfigState, valuesOf } from './records.ts';

/**
 * What the holder of an access key may do to the gateway. `ADMIN`: everything. `METADATA_MANAGER`: services, routes, auth
 * configs and schemas. `USER`: read these. Roles of other names are kept for those who use them, and grant nothing.
 */
const ranks = ['USER', 'METADATA_MANAGER', 'ADMIN'] as const;
export type Role = (typeof ranks)[number];

/** Whoever calls the admin API. */
export interface Caller {
  keyId: string;
  /** As changes are signed: `app:<id>`, or the first admin's key id. Empty: nobody has shown a token. */
  name: string;
  roles: readonly string[];
  /** Absent: the first admin. */
  application?: string;
}

export const nobody: Caller = Object.freeze({ keyId: '', name: '', roles: [] });

/** An access key that may be used, and who has it. */
export interface KnownKey {
  /** Of its secret. */
  digest: string;
  caller: Caller;
}

/** Undefined when there is no such key, or it is INACTIVE. The first admin's goes first: its id may be chosen. */
export function findKey(state: ConfigState, keyId: string): KnownKey | undefined {
  const admin = state.admin.value;
  if (admin?.keyId === keyId) return { digest: admin.digest, caller: { keyId, name: keyId, roles: ['ADMIN'] } };
  const application = keyOwner(state, keyId);
  const key = application?.accessKeys.find(({ id }) => id === keyId);
  if (!application || key?.status !== 'ACTIVE') return undefined;
  const { id, roles } = application;
  return { digest: key.digest, caller: { keyId, name: `app:${id}`, roles, application: id } };
}

/** The application that has the access key, whatever the key's status. */
export function keyOwner(state: ConfigState, keyId: string): Application | undefined {
  return valuesOf(state.applications).find(({ accessKeys }) => accessKeys.some(({ id }) => id === keyId));
}

/** Whether there is an access key of this id, INACTIVE ones too. */
export function isKeyId(state: ConfigState, id: string): boolean {
  return state.admin.value?.keyId === id || keyOwner(state, id) !== undefined;
}

/** Each role may do what those before it in {@link ranks} may. */
export function hasRole(caller: Caller, needed: Role): boolean {
  return ranks.slice(ranks.indexOf(needed)).some((role) => caller.roles.includes(role));
}
