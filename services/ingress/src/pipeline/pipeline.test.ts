import { SchemaCache } from '@rostrum/shared/json-schema';
import type { EdgeRevision } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import { addGatewayFields, mergeInput, parseQuery } from './build-input.ts';
import { checkInput } from './check-schema.ts';
import type { Request, RouteMatch } from './context.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { parseBody } from './parse-body.ts';

function request(how: Partial<Request> & { body?: string | Buffer } = {}): Request {
  return {
    requestId: 'r',
    method: 'POST',
    url: '/x',
    receivedAt: 0,
    headers: { 'content-type': 'application/json' },
    readBody: async () => Buffer.from(how.body ?? ''),
    hungUp: () => new AbortController().signal,
    ...how,
  };
}

function matchOf(how: Partial<EdgeRevision> & { route?: object } = {}, pathParams = {}): RouteMatch {
  const route = {
    id: 'POST /{id}',
    method: 'POST' as const,
    path: '/{id}',
    queryParameters: [],
    requestMetadata: false,
    pool: 'default',
    timeoutMs: 1_000,
    ...how.route,
  };
  const edge = {
    format: 1 as const,
    service: 's',
    revision: 1,
    basePath: '/x',
    enabled: true,
    auth: { type: 'NONE' as const },
    ...how,
    routes: [route],
  };
  const service = compileService(edge);
  return {
    kind: 'route',
    service,
    compiled: service.paths.find(['1'])?.[0] as RouteMatch['compiled'],
    pathParams,
  };
}

describe('the body', () => {
  const codeOf = (how: Parameters<typeof request>[0]) =>
    parseBody(request(how)).then(
      () => 'ok',
      (error) => error.code,
    );

  it('is JSON of any kind, or absent', async () => {
    expect(await parseBody(request({ body: '{"a":[1]}' }))).toEqual({ a: [1] });
    expect(
      await parseBody(request({ body: '[1]', headers: { 'content-type': 'application/vnd.x+json; charset=utf-8' } })),
    ).toEqual([1]);
    expect(await parseBody(request({ headers: {} }))).toBeUndefined();
  });

  it('of another type, not JSON, not UTF-8 or too deep is refused', async () => {
    expect(await codeOf({ body: 'a=b', headers: { 'content-type': 'text/plain' } })).toBe('unsupported-media-type');
    expect(await codeOf({ body: '{}', headers: {} })).toBe('unsupported-media-type');
    expect(
      await codeOf({ body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }),
    ).toBe('unsupported-media-type');
    expect(await codeOf({ body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } })).toBe(
      'unsupported-media-type',
    );
    expect(await codeOf({ body: '{"a":' })).toBe('malformed-body');
    expect(await codeOf({ body: Buffer.from([0x22, 0xff, 0x22]) })).toBe('malformed-body');
    expect(await codeOf({ body: '['.repeat(65) + ']'.repeat(65) })).toBe('malformed-body');
    expect(await codeOf({ body: '['.repeat(1_000_000) })).toBe('malformed-body');
    expect(await codeOf({ body: '['.repeat(64) + ']'.repeat(64) })).toBe('ok');
    expect(await codeOf({ body: JSON.stringify({ a: '[[['.repeat(100), b: '\\"[[[' }) })).toBe('ok');
  });
});

describe('the input', () => {
  it('is merged at the top level: path before query before body', () => {
    const match = matchOf({}, { id: 'path' });
    expect({
      ...mergeInput(match, parseQuery('id=query&q=1&many=1&many=2'), { id: 'body', q: 'body', b: true }),
    }).toEqual({
      id: 'path',
      q: '1',
      many: ['1', '2'],
      b: true,
    });
    expect({ ...mergeInput(match, parseQuery(''), [1]) }).toEqual({ body: [1], id: 'path' });
    expect({ ...mergeInput(match, parseQuery(''), undefined) }).toEqual({ id: 'path' });
  });

  it('takes names that mean something to JavaScript as plain names', () => {
    const input = mergeInput(
      matchOf(),
      parseQuery('__proto__=q&constructor=c'),
      JSON.parse('{"__proto__":{"x":1},"toString":1}'),
    );
    expect(JSON.parse(JSON.stringify(input))).toEqual(JSON.parse('{"__proto__":"q","toString":1,"constructor":"c"}'));
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('has nothing that only the gateway may say', () => {
    const forged = { requestMetadata: { headers: {} }, __api_gw_app: 'admin', kept: 1 };
    expect({ ...mergeInput(matchOf(), parseQuery('__api_gw_app=admin'), forged) }).toEqual({ kept: 1 });
  });

  it('names all required query parameters that are missing', () => {
    const required = matchOf({
      route: { queryParameters: ['a', 'b', 'c'].map((name) => ({ name, required: name !== 'c' })) },
    });
    expect(() => mergeInput(required, parseQuery('c=1'), undefined)).toThrow(
      expect.objectContaining({
        code: 'missing-parameter',
        extras: { errors: [expect.objectContaining({ pointer: '/a' }), expect.objectContaining({ pointer: '/b' })] },
      }),
    );
  });

  it('gets metadata where the route asks for it, without credentials, whatever the caller sent by that name', () => {
    const match = matchOf({ application: 'app', route: { requestMetadata: true } }, { id: '1' });
    const input = addGatewayFields(
      { requestMetadata: 'forged', __api_gw_app: 'forged' },
      request({ headers: { 'x-api-key': 'secret', authorization: 'secret', cookie: 'secret', 'x-other': 'kept' } }),
      match,
      '/x/1',
      parseQuery('q=1'),
    );
    expect(JSON.parse(JSON.stringify(input))).toEqual({
      __api_gw_app: 'app',
      requestMetadata: {
        path: '/x/1',
        method: 'post',
        pathParams: { id: '1' },
        queryParams: { q: '1' },
        headers: { 'x-other': 'kept' },
      },
    });
  });

  it('is checked against the schema, all faults at once', () => {
    const inputSchema = { type: 'object', required: ['a', 'b'], properties: { c: { enum: [1, 2] } } };
    const match = matchOf({ route: { inputSchema } });
    expect(() => checkInput(match.compiled, { c: 3 }, new SchemaCache())).toThrow(
      expect.objectContaining({
        code: 'input-schema-violation',
        extras: {
          errors: expect.arrayContaining([
            { pointer: '/a', detail: 'is required' },
            { pointer: '/c', detail: 'must be one of [1,2]' },
          ]),
        },
      }),
    );
    checkInput(match.compiled, { a: 1, b: 1, c: 2 }, new SchemaCache());
  });
});

describe('CORS', () => {
  const rules = { origins: ['https://a.example'], methods: ['POST'], headers: ['x-one'] };
  const from = (origin: string, more = {}) => request({ headers: { origin, ...more } });

  it('allows the origins that are named, and says that the answer depends on the origin', () => {
    expect(corsHeaders(from('https://a.example'), rules)).toEqual({
      'access-control-allow-origin': 'https://a.example',
      vary: 'Origin',
    });
    expect(corsHeaders(from('https://b.example'), rules)).toEqual({ vary: 'Origin' });
    expect(corsHeaders(from('https://b.example'), { ...rules, origins: ['*'] })).toEqual({
      'access-control-allow-origin': '*',
    });
    expect(corsHeaders(request(), rules)).toEqual({});
    expect(corsHeaders(from('https://a.example'), undefined)).toEqual({});
  });

  it('answers a preflight with the path’s methods that are allowed', () => {
    expect(preflightHeaders(from('https://a.example'), rules, ['GET', 'POST'])).toMatchObject({
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'x-one',
    });
    const open = { origins: ['*'], methods: ['*'], headers: ['*'] };
    const asking = from('https://b.example', { 'access-control-request-headers': 'authorization' });
    expect(preflightHeaders(asking, open, ['GET', 'POST'])).toMatchObject({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization',
    });
    expect(preflightHeaders(from('https://b.example'), rules, ['POST'])).toEqual({ vary: 'Origin' });
  });
});
