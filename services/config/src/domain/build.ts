import type { DigestKey } from '@rostrum/shared/digest';
import type { ConfigFault } from '@rostrum/contract/fault';
import { generateApiKey } from '@rostrum/contract/api-keys';
import { resolveKeys } from './api-keys.ts';
import type {
  AuthConfig,
  AuthConfigInput,
  ConductorSchemas,
  Route,
  RouteInput,
  Service,
  ServiceInput,
} from './records.ts';
import { type Author, stamped } from './stamp.ts';

/**
 * From what a client sent, and what is there, to what will be stored. What a PUT leaves out is gone, except for what
 * has a path of its own or would open a door: routes, tags, API keys, `enabled` and `mcpEnabled` stay.
 */

export function buildService(
  input: Omit<ServiceInput, 'id' | 'path'>,
  existing: Service | undefined,
  id: string,
  path: string,
  author: Author,
  copies: CopiesOf,
): Service {
  const { name, description, authConfigId, corsConfig, hosts, rateLimit, pool, routes } = input;
  const content = {
    id,
    name,
    description,
    path,
    authConfigId,
    corsConfig,
    hosts,
    rateLimit,
    pool,
    enabled: input.enabled ?? existing?.enabled ?? true,
    mcpEnabled: input.mcpEnabled ?? existing?.mcpEnabled ?? true,
    tags: input.tags ?? existing?.tags ?? [],
    routes: routes ? buildRoutes(routes, existing?.routes ?? [], author, copies) : (existing?.routes ?? []),
  };
  return stamped<Service>(content, existing, author);
}

/** What is kept beside a route's references to schemas, see {@link Route}. */
type CopiesOf = (input: RouteInput) => ConductorSchemas | undefined;

function buildRoutes(
  inputs: readonly RouteInput[],
  existing: readonly Route[],
  author: Author,
  copies: CopiesOf,
): Route[] {
  return inputs.map((input) =>
    buildRoute(input, findRoute(existing, input.httpMethod, input.path), author, copies(input)),
  );
}

export function buildRoute(
  input: RouteInput,
  existing: Route | undefined,
  author: Author,
  conductorSchemas: ConductorSchemas | undefined,
): Route {
  const { serviceId: _, warnings: _warnings, ...content } = input;
  const tags = input.tags ?? existing?.tags ?? [];
  return stamped<Route>({ ...content, tags, conductorSchemas }, existing, author);
}

/** The service with other routes in place of its own; the service's own time moves with them. */
export function withRoutes(service: Service, routes: Route[], author: Author): Service {
  return stamped<Service>({ ...service, routes }, service, author);
}

export function findRoute(routes: readonly Route[], method: string, path: string): Route | undefined {
  return routes.find((route) => route.httpMethod === method && route.path === path);
}

export interface BuiltAuthConfig {
  value: AuthConfig;
  /** Keys as the answer to this write shows them: new ones plainly, here only. */
  shownKeys: string[];
  faults: ConfigFault[];
}

/** `digestKey` turns plain keys into what is stored. `spareKey` is used when an API_KEY config has no key at all. */
export function buildAuthConfig(
  input: AuthConfigInput,
  existing: AuthConfig | undefined,
  id: string,
  author: Author,
  digestKey: DigestKey,
  spareKey: string = generateApiKey(),
): BuiltAuthConfig {
  const authenticationType = input.authenticationType ?? input.authType ?? existing?.authenticationType ?? 'API_KEY';
  const { keys, shown, faults } = buildKeys(input, existing, authenticationType === 'API_KEY', digestKey, spareKey);
  const content = {
    id,
    authenticationType,
    apiKeys: keys,
    applicationId: input.applicationId,
    issuerUri: input.issuerUri,
    audience: input.audience,
    passthrough: input.passthrough ?? false,
    fallbackToDefaultAuth: input.fallbackToDefaultAuth ?? false,
    tokenInWorkflowInput: input.tokenInWorkflowInput ?? false,
  };
  return { value: stamped<AuthConfig>(content, existing, author), shownKeys: shown, faults };
}

function buildKeys(
  { apiKeys }: AuthConfigInput,
  existing: AuthConfig | undefined,
  needed: boolean,
  digestKey: DigestKey,
  spareKey: string,
): { keys: string[]; shown: string[]; faults: ConfigFault[] } {
  const stored = existing?.apiKeys ?? [];
  // An empty list on an update takes all keys away, and is not answered with a new one.
  const given = apiKeys && (apiKeys.length > 0 || existing) ? apiKeys : undefined;
  if (given) {
    const { digests, shown, faults } = resolveKeys(given, stored, digestKey);
    return { keys: digests, shown, faults };
  }
  if (!needed) return { keys: [], shown: [], faults: [] };
  if (stored.length > 0) return { keys: stored, shown: [], faults: [] };
  const { digests } = resolveKeys([spareKey], [], digestKey);
  return { keys: digests, shown: [spareKey], faults: [] };
}
