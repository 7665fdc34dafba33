import type { HttpMethod } from '@rostrum/shared/revision';
import type { AuthConfigInput, RouteInput, ServiceInput, Tag } from '../schemas/index.ts';

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
export type Route = Omit<RouteInput, keyof Stamp | 'serviceId' | 'tags'> &
  Stamp & { httpMethod: HttpMethod; tags: Tag[] };

/** A service as it is stored; its routes are kept apart, by digest. */
export type Service = Omit<ServiceInput, keyof Stamp | 'routes' | 'tags' | 'enabled' | 'mcpEnabled' | 'basePath'> &
  Stamp & { enabled: boolean; mcpEnabled: boolean; tags: Tag[]; routes: Route[] };

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

/** Something under a key of the config bucket: what it is since that sequence; no value since it was deleted. */
export interface Entry<T> {
  sequence: number;
  value: T | undefined;
}

/** All configuration up to one sequence of the config bucket. */
export interface ConfigState {
  sequence: number;
  admin: Entry<Admin>;
  compiler: Entry<CompilerSettings>;
  authConfigs: Map<string, Entry<AuthConfig>>;
  services: Map<string, Entry<Service>>;
}

export function emptyState(): ConfigState {
  const none = { sequence: 0, value: undefined };
  return { sequence: 0, admin: none, compiler: none, authConfigs: new Map(), services: new Map() };
}

/** One thing to write: under which key, and its new value; undefined deletes it. */
export type Change =
  | { kind: 'admin'; value: Admin }
  | { kind: 'compiler'; value: CompilerSettings }
  | { kind: 'auth'; id: string; value: AuthConfig | undefined }
  | { kind: 'service'; id: string; value: Service | undefined };

/** The state as it will be when the change is committed at this sequence; the given one stays as it is. */
export function withChange(state: ConfigState, change: Change, sequence: number): ConfigState {
  const next = { ...state, sequence };
  switch (change.kind) {
    case 'admin':
      return { ...next, admin: { sequence, value: change.value } };
    case 'compiler':
      return { ...next, compiler: { sequence, value: change.value } };
    case 'auth':
      return { ...next, authConfigs: new Map(state.authConfigs).set(change.id, { sequence, value: change.value }) };
    case 'service':
      return { ...next, services: new Map(state.services).set(change.id, { sequence, value: change.value }) };
  }
}

/** Those that are there: without what was deleted. */
export function valuesOf<T>(entries: ReadonlyMap<string, Entry<T>>): T[] {
  return [...entries.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
}
