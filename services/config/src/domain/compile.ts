import { digestOf } from '@rostrum/shared/digest';
import {
  type CorsRules,
  type EdgeAuth,
  type EdgeRevision,
  type EdgeRoute,
  type ExecutionRevision,
  type ExecutionRoute,
  type RateLimit,
  routeId,
} from '@rostrum/shared/revision';
import { isIssuerAddress } from '@rostrum/shared/issuer';
import { parseSchema } from '@rostrum/contract/json-schema';
import { segmentsOf } from '@rostrum/contract/paths';
import { mayExecute } from './applications.ts';
import type { Application, AuthConfig, CompilerSettings, ConfigState, Route, Service } from './records.ts';
import { schemaSequence, withSchemas } from './registry.ts';

/** For callers, who cannot mend it: what is missing is in the admin API's answers. */
const nobody = 'This service has no authentication set up that this gateway serves, so nobody may call it yet.';

/** What callers are told by ingresses of the release before, which let nobody in. */
const tokensOnly = 'This service asks for tokens by OIDC, which this gateway does not serve.';
const halfOidc =
  'This service asks for tokens by OIDC, but its auth config lacks an issuerUri or an audience, so nobody may call it yet.';

/** Raise it when this file makes something else of the same configuration: every service is then compiled again. */
export const compilerVersion = 4;

export interface Compiled {
  edge: EdgeRevision;
  execution: ExecutionRevision;
}

/**
 * The number of a service's newest revision: the last sequence of the config bucket at which the service, or anything
 * that is compiled into it, changed. Undefined when there never was such a service.
 */
export function revisionOf(state: ConfigState, id: string): number | undefined {
  const service = state.services.get(id);
  if (!service?.value) return service?.sequence;
  const auth = state.authConfigs.get(service.value.authConfigId ?? '');
  const application = state.applications.get(auth?.value?.applicationId ?? '');
  const schemas = schemaSequence(state, service.value);
  const account = application?.effective ?? application?.sequence ?? 0;
  return Math.max(service.sequence, auth?.sequence ?? 0, account, state.compiler.sequence, schemas);
}

/** Both parts of a service's newest revision. Deterministic, so that one replica can finish what another began. */
export function compile(state: ConfigState, stored: Service): Compiled {
  const service = withSchemas(state, stored);
  const settings = state.compiler.value;
  const revision = revisionOf(state, service.id);
  if (!settings || revision === undefined) throw new Error(`${service.id} cannot be compiled: the state is not loaded`);
  const authConfig = state.authConfigs.get(service.authConfigId ?? '')?.value;
  const identity = { format: 1 as const, service: service.id, revision };
  const application = authConfig?.applicationId;
  const account = state.applications.get(application ?? '')?.value;
  const forbidden = compileForbidden(service, authConfig, account);
  const cors = compileCors(service);
  return {
    edge: {
      ...identity,
      basePath: `/${segmentsOf(service.path).join('/')}`,
      ...(service.hosts ? { hosts: [...new Set(service.hosts.map((host) => host.toLowerCase()))] } : {}),
      ...(service.rateLimit ? { rateLimit: compileRateLimit(service.rateLimit) } : {}),
      enabled: service.enabled,
      auth: compileAuth(service, authConfig),
      ...(service.authConfigId === undefined ? {} : { authConfigId: service.authConfigId }),
      ...(application === undefined ? {} : { application }),
      ...(cors ? { cors } : {}),
      routes: service.routes.map((route) => compileEdgeRoute(service, route, authConfig, forbidden, settings)),
    },
    execution: {
      ...identity,
      ...(application === undefined ? {} : { application }),
      ...(authConfig?.passthrough ? { passthrough: { fallback: authConfig.fallbackToDefaultAuth ?? false } } : {}),
      ...(account?.conductor ? { credentials: credentialsOf(account.conductor) } : {}),
      forbidden,
      routes: service.routes.map((route) => compileExecutionRoute(route, settings)),
    },
  };
}

function compileAuth(service: Service, authConfig: AuthConfig | undefined): EdgeAuth {
  if (service.authConfigId === undefined) {
    return { type: 'DENY', detail: nobody };
  }
  if (!authConfig) {
    return { type: 'DENY', detail: nobody };
  }
  switch (authConfig.authenticationType) {
    case 'NONE':
      return { type: 'NONE' };
    case 'API_KEY':
      return { type: 'API_KEY', digests: authConfig.apiKeys };
    case 'OIDC': {
      const { issuerUri: issuer, audience, passthrough, tokenInWorkflowInput: tokenInInput } = authConfig;
      // A token for whomever else would do, did we not ask for whom it is.
      if (!issuer || !audience || !isIssuerAddress(issuer)) return { type: 'DENY', detail: halfOidc };
      return { type: 'DENY', detail: tokensOnly, oidc: { issuer, audience, passthrough, tokenInInput } };
    }
  }
}

/** Why routes may not run, by route id; `*` for all. Without an application they may run whatever they name. */
function compileForbidden(
  { routes }: Service,
  authConfig: AuthConfig | undefined,
  account: Application | undefined,
): Record<string, string> {
  if (authConfig?.applicationId === undefined) return {};
  const { id, applicationId } = authConfig;
  if (!account) {
    return {
      '*': `The auth config ${id} names the application ${applicationId}, which does not exist. Create it, or name another.`,
    };
  }
  const lacking = routes.filter(({ mappedWorkflow }) => !mayExecute(account, mappedWorkflow.name));
  return Object.fromEntries(
    lacking.map(({ httpMethod, path, mappedWorkflow: { name } }) => [
      routeId(httpMethod, path),
      `The application ${applicationId} lacks the permission EXECUTE on the workflow ${name}. Grant it, or name another application.`,
    ]),
  );
}

/** Names what the application shows Conductor, so that executors notice when it is something else; tells nothing of it. */
function credentialsOf({ keyId, sealedSecret }: NonNullable<Application['conductor']>): string {
  return digestOf(keyId, sealedSecret).slice(0, 16);
}

/** Lists without doubles, in the spelling that requests have: origins as browsers send them, methods in capitals. */
function compileCors({ corsConfig }: Service): CorsRules | undefined {
  if (!corsConfig) return undefined;
  const list = (given: string[] | undefined, spell: (text: string) => string) => [
    ...new Set((given ?? []).map((text) => spell(text.trim())).filter((text) => text !== '')),
  ];
  return {
    origins: list(corsConfig.accessControlAllowOrigin, (text) => text.toLowerCase().replace(/\/+$/, '')),
    methods: list(corsConfig.accessControlAllowMethods, (text) => text.toUpperCase()),
    headers: list(corsConfig.accessControlAllowHeaders, (text) => text.toLowerCase()),
    expose: list(corsConfig.accessControlExposeHeaders, (text) => text.toLowerCase()),
    credentials: corsConfig.accessControlAllowCredentials ?? false,
    privateNetwork: corsConfig.accessControlAllowPrivateNetwork ?? false,
    ...(corsConfig.accessControlMaxAge === undefined ? {} : { maxAgeSeconds: corsConfig.accessControlMaxAge }),
  };
}

function compileEdgeRoute(
  service: Service,
  route: Route,
  authConfig: AuthConfig | undefined,
  forbidden: Record<string, string>,
  settings: CompilerSettings,
): EdgeRoute {
  const inputSchema = parseSchema(route.inputSchema);
  const id = routeId(route.httpMethod, route.path);
  // What may not run is not answered from the cache either.
  const mayRun = (forbidden[id] ?? forbidden['*']) === undefined;
  return {
    id,
    method: route.httpMethod,
    path: route.path,
    queryParameters: route.queryParameters,
    ...(inputSchema === undefined ? {} : { inputSchema }),
    requestMetadata: route.mappedWorkflow.requestMetadataAsInput ?? false,
    ...(route.idempotencyKeyRequired ? { idempotencyKeyRequired: true } : {}),
    ...(route.workflowExecutionMode === 'ASYNCHRONOUS' ? { asynchronous: true } : {}),
    pool: service.pool ?? 'default',
    timeoutMs: timeoutOf(route, settings),
    ...(route.cacheConfig && isCached(route) && mayRun
      ? {
          cache: {
            key: route.cacheConfig.key,
            shape: shapeOf(service, route, authConfig),
            byPrincipal: Boolean(
              route.cacheConfig.varyByPrincipal || authConfig?.passthrough || authConfig?.tokenInWorkflowInput,
            ),
            ...(route.cacheConfig.callerCacheControl ? { callerControl: true } : {}),
          },
        }
      : {}),
    ...(route.rateLimit ? { rateLimit: compileRateLimit(route.rateLimit) } : {}),
  };
}

function compileRateLimit({ key, limit, window }: NonNullable<Route['rateLimit']>): RateLimit {
  return { key: key ?? 'all', limit, windowMs: window * 1_000 };
}

function compileExecutionRoute(route: Route, settings: CompilerSettings): ExecutionRoute {
  const outputSchema = parseSchema(route.outputSchema);
  const { name, version } = route.mappedWorkflow;
  return {
    id: routeId(route.httpMethod, route.path),
    workflow: { name, ...(version ? { version } : {}) },
    mode: route.workflowExecutionMode,
    metadataInOutput: route.workflowMetadataInOutput,
    waitUntilTasks: tasksOf(route),
    timeoutMs: timeoutOf(route, settings),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(route.preRequestScript ? { preRequestScript: route.preRequestScript } : {}),
    ...(route.postResponseScript ? { postResponseScript: route.postResponseScript } : {}),
    ...(route.rateLimitConfig ? { limit: compileLimit(route.rateLimitConfig) } : {}),
    ...(route.executionsVisibleTo || route.cancelAllowed
      ? { executions: { visibleTo: route.executionsVisibleTo ?? 'PRINCIPAL', cancel: route.cancelAllowed ?? false } }
      : {}),
    ...(route.cacheConfig && isCached(route) ? { cache: compileCache(route.cacheConfig) } : {}),
    ...(route.outputIsResponse ? { outputIsResponse: true } : {}),
  };
}

/** A 202 is nothing to keep: were the cache asked, requests that are alike would only queue for its lock. */
function isCached({ workflowExecutionMode, httpMethod, cacheConfig }: Route): boolean {
  return workflowExecutionMode !== 'ASYNCHRONOUS' && (cacheConfig?.methods ?? [httpMethod]).includes(httpMethod);
}

function compileCache(cacheConfig: NonNullable<Route['cacheConfig']>): ExecutionRoute['cache'] {
  const { ttlInSecond: ttlSeconds, staleWhileRevalidate, staleIfError, problems } = cacheConfig;
  return {
    ttlSeconds,
    ...(staleWhileRevalidate ? { staleWhileRevalidateSeconds: staleWhileRevalidate } : {}),
    ...(staleIfError ? { staleIfErrorSeconds: staleIfError } : {}),
    ...(problems && Object.keys(problems).length > 0 ? { problems } : {}),
  };
}

type LimitConfig = NonNullable<Route['rateLimitConfig']>;

function compileLimit({ rateLimitKey, concurrentExecLimit, waitInSeconds }: LimitConfig): ExecutionRoute['limit'] {
  const waitMs = waitInSeconds ? { waitMs: waitInSeconds * 1_000 } : {};
  return { key: rateLimitKey, concurrent: concurrentExecLimit, ...waitMs };
}

function timeoutOf({ timeoutInSeconds }: Route, { defaultTimeoutMs, maxTimeoutMs }: CompilerSettings): number {
  return Math.min(timeoutInSeconds ? timeoutInSeconds * 1_000 : defaultTimeoutMs, maxTimeoutMs);
}

function tasksOf({ waitUntilTasks }: Route): string[] {
  return (waitUntilTasks ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * Digest of all that decides what a route answers to a given input. The input schema is not in it: it decides only
 * which inputs come this far. The auth config is: its application decides what the workflow may see.
 */
function shapeOf(service: Service, route: Route, authConfig: AuthConfig | undefined): string {
  const { name, version, requestMetadataAsInput } = route.mappedWorkflow;
  const parts = [
    [service.id, service.path, route.httpMethod, route.path],
    [name, version ?? 0, requestMetadataAsInput ?? false, route.queryParameters],
    [route.workflowExecutionMode, route.workflowMetadataInOutput, tasksOf(route)],
    [parseSchema(route.outputSchema) ?? null, route.preRequestScript ?? '', route.postResponseScript ?? ''],
    [route.outputIsResponse ?? false],
    [service.authConfigId ?? '', authConfig?.authenticationType ?? '', authConfig?.applicationId ?? ''],
    [
      authConfig?.passthrough ?? false,
      authConfig?.fallbackToDefaultAuth ?? false,
      authConfig?.tokenInWorkflowInput ?? false,
    ],
  ];
  return digestOf(...parts.map((part) => JSON.stringify(part)));
}
