import { edgeRevision, executionRevision } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { createSchemas } from '@rostrum/contract';
import { buildAuthConfig, buildService } from './build.ts';
import { compile, revisionOf } from './compile.ts';
import { type ConfigState, emptyState } from './records.ts';

/** The maximum is larger than the compiler's, below: a record may be older than a maximum. */
const schemas = createSchemas({ cacheMinTtlSeconds: 300, maxTimeoutMs: 86_400_000 });
const author = { name: 'test', now: 1 };
const digestKey = { id: 'k', secret: Buffer.alloc(32) };

/** A state with one service (sequence 10) and one auth config (sequence 20), as the admin API would make them. */
function stateOf(service: object, authConfig?: object): ConfigState {
  const state = emptyState();
  state.compiler = { sequence: 1, value: { version: 1, defaultTimeoutMs: 30_000, maxTimeoutMs: 300_000 } };
  const input = schemas.service.parse({ id: 's', path: '/s', authConfigId: 'a', ...service });
  state.services.set('s', {
    sequence: 10,
    value: buildService(input, undefined, 's', input.path, author, () => undefined),
  });
  if (authConfig) {
    const parsed = schemas.authConfig.parse({ authType: 'NONE', ...authConfig });
    const { value } = buildAuthConfig(parsed, undefined, 'a', author, digestKey);
    state.authConfigs.set('a', { sequence: 20, value });
  }
  return state;
}

function compiled(service: object, authConfig?: object) {
  const state = stateOf(service, authConfig);
  const { value } = state.services.get('s') ?? {};
  if (!value) throw new Error('no service');
  const { edge, execution } = compile(state, value);
  // What a reader takes is all there is.
  return { edge: edgeRevision.strict().parse(edge), execution: executionRevision.strict().parse(execution) };
}

const route = (more: object = {}) => ({ httpMethod: 'GET', path: '/r', mappedWorkflow: { name: 'w' }, ...more });
const routeOf = (more: object) => {
  const { edge, execution } = compiled({ routes: [route(more)] });
  return { edge: edge.routes[0], execution: execution.routes[0] };
};

describe('a compiled service', () => {
  it('has the number of the last change of all that is in it', () => {
    const state = stateOf({}, {});
    expect(revisionOf(state, 's')).toBe(20);
    state.services.set('s', { ...state.services.get('s'), sequence: 30, value: state.services.get('s')?.value });
    expect(revisionOf(state, 's')).toBe(30);
    state.compiler = { ...state.compiler, sequence: 40 };
    expect(revisionOf(state, 's')).toBe(40);
    state.authConfigs.set('a', { sequence: 50, value: undefined });
    expect(revisionOf(state, 's'), 'deleting the auth config counts').toBe(50);
    state.services.set('s', { sequence: 60, value: undefined });
    expect(revisionOf(state, 's')).toBe(60);
    expect(revisionOf(state, 'never')).toBeUndefined();
  });

  it('is the same from the same configuration', () => {
    const service = { corsConfig: { accessControlAllowOrigin: ['*'] }, routes: [route(), route({ path: '/b' })] };
    expect(JSON.stringify(compiled(service, {}))).toBe(JSON.stringify(compiled(service, {})));
  });

  it('lets nobody in without an auth config it can check', () => {
    expect(compiled({ authConfigId: undefined }).edge.auth).toMatchObject({ type: 'DENY', detail: /no auth config/ });
    expect(compiled({}).edge.auth).toMatchObject({ type: 'DENY', detail: /auth config a, which does not exist/ });
    const oidc = compiled({}, { authType: 'OIDC' });
    expect(oidc.edge.auth).toMatchObject({ type: 'DENY', detail: /OIDC/ });
    for (const half of [{ issuerUri: 'https://i.example' }, { audience: 'a' }])
      expect(compiled({}, { authType: 'OIDC', ...half }).edge.auth).toMatchObject({ type: 'DENY' });
    const whole = compiled({}, { authType: 'OIDC', issuerUri: 'https://i.example', audience: 'a', passthrough: true });
    expect(whole.edge.auth).toEqual({
      ...{ type: 'DENY', detail: expect.stringMatching(/OIDC/) },
      oidc: { issuer: 'https://i.example', audience: 'a', passthrough: true, tokenInInput: false },
    });
    expect(compiled({}, { authType: 'NONE' }).edge.auth).toEqual({ type: 'NONE' });
    const keys = compiled({}, { authType: 'API_KEY', apiKeys: ['x', 'y'] });
    expect(keys.edge.auth).toMatchObject({ type: 'API_KEY', digests: [/^k:/, /^k:/] });
    expect(JSON.stringify(keys.execution)).not.toContain('k:');
  });

  it('may not run for an application that does not exist', () => {
    expect(compiled({}, {}).execution.forbidden).toEqual({});
    const { edge, execution } = compiled({}, { applicationId: 'app-1' });
    expect(execution).toMatchObject({ application: 'app-1', forbidden: { '*': /app-1, which does not exist/ } });
    expect(edge.application).toBe('app-1');
  });

  it('has its paths and CORS lists in the spelling of requests', () => {
    const corsConfig = {
      accessControlAllowOrigin: ['https://A.example.com/', 'https://a.example.com'],
      accessControlAllowMethods: ['get', ' POST '],
      accessControlAllowHeaders: ['X-Api-Key', ''],
    };
    expect(compiled({ path: '/s/', corsConfig }).edge).toMatchObject({
      basePath: '/s',
      cors: { origins: ['https://a.example.com'], methods: ['GET', 'POST'], headers: ['x-api-key'] },
    });
    expect(compiled({}).edge.cors).toBeUndefined();
  });
});

describe('a compiled route', () => {
  it('has what the author left out', () => {
    expect(routeOf({})).toEqual({
      edge: {
        id: 'GET /r',
        method: 'GET',
        path: '/r',
        queryParameters: [],
        requestMetadata: false,
        pool: 'default',
        timeoutMs: 30_000,
      },
      execution: {
        id: 'GET /r',
        workflow: { name: 'w' },
        mode: 'SYNCHRONOUS',
        metadataInOutput: false,
        waitUntilTasks: [],
        timeoutMs: 30_000,
      },
    });
    expect(compiled({ pool: 'payments', routes: [route()] }).edge.routes[0]?.pool).toBe('payments');
  });

  it('has its texts taken apart', () => {
    const { edge, execution } = routeOf({
      waitUntilTasks: 'a, b,,c ',
      inputSchema: '{"type":"object"}',
      outputSchema: false,
      timeoutInSeconds: 7,
      mappedWorkflow: { name: 'w', version: 0, requestMetadataAsInput: true },
    });
    expect(execution).toMatchObject({ waitUntilTasks: ['a', 'b', 'c'], outputSchema: false, timeoutMs: 7_000 });
    expect(execution?.workflow, 'version 0 is the latest').toEqual({ name: 'w' });
    expect(edge).toMatchObject({ inputSchema: { type: 'object' }, timeoutMs: 7_000, requestMetadata: true });
    expect(routeOf({ timeoutInSeconds: 9_999 }).edge?.timeoutMs, 'no longer than allowed').toBe(300_000);
  });

  it('has a limit and a cache where the author asked for them', () => {
    const { edge, execution } = routeOf({
      cacheConfig: { key: '${workflow.input.id}', ttlInSecond: 600 },
      rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 2 },
    });
    expect(execution).toMatchObject({ cache: { ttlSeconds: 600 }, limit: { key: 'all', concurrent: 2 } });
    expect(edge?.cache).toEqual({ key: '${workflow.input.id}', shape: expect.any(String), byPrincipal: false });
  });
});

describe('a rate limit', () => {
  it('is the service’s, or the route’s, or both; without a key one for all', () => {
    const rateLimit = { limit: 10, window: 60 };
    const { edge } = compiled({
      rateLimit,
      routes: [route({ rateLimit: { ...rateLimit, key: '${request.address}' } })],
    });
    expect(edge.rateLimit).toEqual({ key: 'all', limit: 10, windowMs: 60_000 });
    expect(edge.routes[0]?.rateLimit).toEqual({ key: '${request.address}', limit: 10, windowMs: 60_000 });
  });
});

describe('how a route is called', () => {
  it('is compiled where the author says so, with seconds as milliseconds', () => {
    const { edge, execution } = routeOf({
      httpMethod: 'POST',
      idempotencyKeyRequired: true,
      executionsVisibleTo: 'SERVICE',
      rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 2, waitInSeconds: 3 },
    });
    expect(edge).toMatchObject({ idempotencyKeyRequired: true });
    expect(execution).toMatchObject({
      executions: { visibleTo: 'SERVICE', cancel: false },
      limit: { key: 'all', concurrent: 2, waitMs: 3_000 },
    });
    expect(routeOf({ cancelAllowed: true }).execution?.executions).toEqual({ visibleTo: 'PRINCIPAL', cancel: true });
  });

  it('is without a cache where every answer is a 202', () => {
    const cacheConfig = { key: 'k', ttlInSecond: 300 };
    const { edge, execution } = routeOf({ workflowExecutionMode: 'ASYNCHRONOUS', cacheConfig });
    expect([edge?.asynchronous, edge?.cache, execution?.cache]).toEqual([true, undefined, undefined]);
  });
});

describe('the shape of cached answers', () => {
  const cacheConfig = { key: 'k', ttlInSecond: 300 };
  const cacheOf = (service: object, more: object, authConfig: object = {}) =>
    compiled({ ...service, routes: [route({ cacheConfig, ...more })] }, authConfig).edge.routes[0]?.cache;
  const shape = (more: object, service: object = {}, authConfig: object = {}) =>
    cacheOf(service, more, authConfig)?.shape;

  it.each([
    ['the workflow', { mappedWorkflow: { name: 'other' } }],
    ['its version', { mappedWorkflow: { name: 'w', version: 2 } }],
    ['request metadata', { mappedWorkflow: { name: 'w', requestMetadataAsInput: true } }],
    ['the pre-request script', { preRequestScript: '$' }],
    ['the post-response script', { postResponseScript: '$' }],
    ['the output schema', { outputSchema: {} }],
    ['the awaited tasks', { waitUntilTasks: 't' }],
    ['metadata in the output', { workflowMetadataInOutput: true }],
    ['the path', { path: '/other' }],
    ['the method', { httpMethod: 'POST' }],
  ])('differs with %s', (_what, more) => {
    expect(shape(more)).not.toBe(shape({}));
  });

  it('differs with the application, and not with what no answer depends on', () => {
    expect(shape({}, {}, { applicationId: 'x' })).not.toBe(shape({}));
    expect(shape({}, { authConfigId: 'b' })).not.toBe(shape({}));
    expect(shape({ description: 'd', tags: ['a:b'], timeoutInSeconds: 3, inputSchema: {} }, { name: 'n' })).toBe(
      shape({}),
    );
    expect(shape({ cacheConfig: { key: 'k', ttlInSecond: 900 } })).toBe(shape({}));
  });

  it('is the caller’s own where the workflow sees the caller', () => {
    expect(cacheOf({}, {}, { passthrough: true })?.byPrincipal).toBe(true);
    expect(cacheOf({}, {}, { tokenInWorkflowInput: true })?.byPrincipal).toBe(true);
    expect(cacheOf({}, {}, { authType: 'API_KEY' })?.byPrincipal).toBe(false);
  });
});
