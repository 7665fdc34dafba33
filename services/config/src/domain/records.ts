import { isDeepStrictEqual } from 'node:util';
import type { HttpMethod } from '@rostrum/shared/revision';
import type { GivenSchema } from '@rostrum/contract/json-schema';
import type { AuthConfigInput, RouteInput, ServiceInput, Tag } from '@rostrum/contract';

/** Who and when, set by the server; times are milliseconds since 1970. */
export interface Stamp {
  createdBy: string;
  updatedBy: string;
  createTime: number;
  updateTime: number;
}

export type AuthenticationType = 'NONE' | 'API_KEY' | 'OIDC';

/** An auth config as it is stored; its keys only as digests. */
export interface AuthConfig extends Stamp {
  id: string;
  authenticationType: AuthenticationType;
  apiKeys: string[];
  applicationId?: string | undefined;
  issuerUri?: string | undefined;
  audience?: string | undefined;
  passthrough: boolean;
  fallbackToDefaultAuth: boolean;
  tokenInWorkflowInput: boolean;
}
export type { AuthConfigInput, RouteInput, ServiceInput, Tag };

/** A route as it is stored: what the client sent, with the defaults. */
export type Route = Omit<RouteInput, keyof Stamp | 'serviceId' | 'tags' | 'warnings'> &
  Stamp & { httpMethod: HttpMethod; tags: Tag[]; conductorSchemas?: ConductorSchemas | undefined };

/** Copies of what Conductor's registry had under the route's references when it was written; never shown. */
export type ConductorSchemas = Partial<Record<'inputSchema' | 'outputSchema', GivenSchema>>;

/** A service as it is stored; its routes are kept apart, by digest. */
export type Service = Omit<
  ServiceInput,
  keyof Stamp | 'warnings' | 'routes' | 'tags' | 'enabled' | 'mcpEnabled' | 'basePath'
> &
  Stamp & { enabled: boolean; mcpEnabled: boolean; tags: Tag[]; routes: Route[] };

/** An access key of an application: what `POST /api/token` takes. */
export interface AccessKey {
  id: string;
  /** Of its secret, see shared/digest.ts. */
  digest: string;
  createdAt: number;
  status: 'ACTIVE' | 'INACTIVE';
}

/** What an application may do with one thing of Conductor; an id may end in `*`. */
export interface Permission {
  type: string;
  id: string;
  access: string[];
}

/** A service account: who the gateway acts as, and who may use the admin API. */
export interface Application extends Stamp {
  id: string;
  name: string;
  tags: Tag[];
  roles: string[];
  accessKeys: AccessKey[];
  permissions: Permission[];
  /** How it speaks to a Conductor that wants tokens; the secret is sealed, see vault.ts. */
  conductor?: { keyId: string; sealedSecret: string } | undefined;
}

/** One version of a schema of the registry; a version never changes. */
export interface SchemaVersion extends Stamp {
  name: string;
  version: number;
  type: string;
  /** The schema as it was given; for JSON an object, a boolean or text. */
  data?: unknown;
  externalRef?: string | undefined;
  ownerApp?: string | undefined;
}

/** Keys that the configuration's secrets are sealed with; see vault.ts. */
export interface Keyring {
  /** Oldest first; the last one seals. Each is wrapped under every master key that may open it, by that key's id. */
  dataKeys: { id: string; wrapped: Record<string, string> }[];
  /** Fingerprints of the digest keys that API keys were stored under, by id; see digest-key.ts. */
  digestKeys?: Record<string, string> | undefined;
}

/** Keys that admin tokens are signed with, oldest first; the last one signs. */
export interface SigningKeys {
  keys: SigningKey[];
  /** Until when tokens of the release that derived its key may live (ms since 1970); absent: there are none. */
  derivedUntil?: number | undefined;
}

export interface SigningKey {
  /** The `kid` of its tokens. */
  id: string;
  /** Base64url of 32 bytes, sealed, see vault.ts and signing.ts. */
  sealed: string;
  createdAt: number;
  /** Set when another took its place: until when its last token may live (ms since 1970). */
  verifiesUntil?: number | undefined;
}

/** The access key of the first admin. */
export interface Admin {
  keyId: string;
  digest: string;
}

/** What revisions are compiled with, the same on every replica; when it changes, every service is compiled again. */
export interface CompilerSettings {
  /** Of the code in compile.ts: raised when the same configuration gives something else. */
  version: number;
  defaultTimeoutMs: number;
  maxTimeoutMs: number;
}

/** What there is one of. */
export interface Singles {
  admin: Admin;
  compiler: CompilerSettings;
  keyring: Keyring;
  signing: SigningKeys;
}

/** What there are many of, by id. */
export interface Collections {
  auth: AuthConfig;
  service: Service;
  application: Application;
  /** Its id is `<name>@<version>`. */
  schema: SchemaVersion;
}

/** Something under a key of the config bucket: what it is since that sequence; no value since it was deleted. */
export interface Entry<T> {
  sequence: number;
  value: T | undefined;
  /** When what services are compiled of last changed, where that was before `sequence`; see {@link effectiveOf}. */
  effective?: number | undefined;
}

/** All configuration up to one sequence of the config bucket. */
export interface ConfigState {
  sequence: number;
  admin: Entry<Admin>;
  compiler: Entry<CompilerSettings>;
  keyring: Entry<Keyring>;
  signing: Entry<SigningKeys>;
  authConfigs: Map<string, Entry<AuthConfig>>;
  services: Map<string, Entry<Service>>;
  applications: Map<string, Entry<Application>>;
  schemas: Map<string, Entry<SchemaVersion>>;
}

const singles = ['admin', 'compiler', 'keyring', 'signing'] as const satisfies (keyof Singles & keyof ConfigState)[];

/** Where the collection of each kind stands in the state. */
const collections = {
  auth: 'authConfigs',
  service: 'services',
  application: 'applications',
  schema: 'schemas',
} as const satisfies Record<keyof Collections, keyof ConfigState>;

/** The kinds of which there are many. What they refer to comes before them, services are the last. */
export const collectionKinds = ['auth', 'application', 'schema', 'service'] as const satisfies (keyof Collections)[];

/** All of one kind, by id. */
export function entriesOf(state: ConfigState, kind: keyof Collections): ReadonlyMap<string, Entry<unknown>> {
  return state[collections[kind]];
}

export function isSingle(kind: string): kind is keyof Singles {
  return (singles as readonly string[]).includes(kind);
}

export function isCollection(kind: string): kind is keyof Collections {
  return Object.hasOwn(collections, kind);
}

export function emptyState(): ConfigState {
  const none = { sequence: 0, value: undefined };
  return {
    sequence: 0,
    admin: none,
    compiler: none,
    keyring: none,
    signing: none,
    authConfigs: new Map(),
    services: new Map(),
    applications: new Map(),
    schemas: new Map(),
  };
}

/** One thing to write: under which key, and its new value; undefined deletes it. */
export type Change =
  | { [Kind in keyof Singles]: { kind: Kind; value: Singles[Kind] } }[keyof Singles]
  | {
      [Kind in keyof Collections]: { kind: Kind; id: string; value: Collections[Kind] | undefined };
    }[keyof Collections];

/**
 * When what services take from a thing will have changed last, once the change is committed at this sequence. Of an
 * application that is what it may run and how it speaks to Conductor: its access keys, roles and tags, and a leaked key is
 * revoked in a hurry, are no reason to compile a thousand services. Stored beside the value, so that it is the
 * same on every replica and after a restart.
 */
export function effectiveOf(state: ConfigState, change: Change, sequence: number): number {
  if (change.kind !== 'application') return sequence;
  const before = state.applications.get(change.id);
  const same =
    before?.value !== undefined &&
    change.value !== undefined &&
    isDeepStrictEqual(compiledParts(before.value), compiledParts(change.value));
  return same ? (before.effective ?? before.sequence) : sequence;
}

/** All that compile.ts reads of an application. */
function compiledParts({ permissions, conductor }: Application) {
  return [permissions, conductor];
}

/** The state as it will be when the change is committed at this sequence; the given one stays as it is. */
export function withChange(state: ConfigState, change: Change, sequence: number): ConfigState {
  const { value } = change;
  if (!('id' in change)) return { ...state, sequence, [change.kind]: { sequence, value } };
  const collection = collections[change.kind];
  const entries: ReadonlyMap<string, Entry<unknown>> = state[collection];
  const entry = { sequence, value, effective: effectiveOf(state, change, sequence) };
  return { ...state, sequence, [collection]: new Map(entries).set(change.id, entry) };
}

/** Makes the state what it is after a change that is stored; value undefined: it was deleted. `effective`: see Entry. */
export function takeChange(
  state: ConfigState,
  change: { kind: Change['kind']; id: string },
  value: unknown,
  sequence: number,
  effective?: number,
): void {
  const { kind, id } = change;
  if (isSingle(kind)) (state[kind] as Entry<unknown>) = { sequence, value };
  else (state[collections[kind]] as Map<string, Entry<unknown>>).set(id, { sequence, value, effective });
  state.sequence = sequence;
}

/** Those that are there: without what was deleted. */
export function valuesOf<T>(entries: ReadonlyMap<string, Entry<T>>): T[] {
  return [...entries.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
}
