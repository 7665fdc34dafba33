import { SchemaCache } from '@rostrum/shared/json-schema';
import type { EdgeRevision } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { compileService } from '../routing/service-routes.ts';
import { addGatewayFields, mergeInput } from './build-input.ts';
import { checkInput } from './check-schema.ts';
import type { Request, RouteMatch } from './context.ts';
import { parseQuery } from './url-encoded.ts';

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
    compiled: service.paths.find(['1'])?.[0]?.compiled as RouteMatch['compiled'],
    pathParams,
  };
}

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
      parseQuery('constructor=c'),
      JSON.parse('{"constructor":{"x":1},"toString":1}'),
    );
    expect(JSON.parse(JSON.stringify(input))).toEqual(JSON.parse('{"toString":1,"constructor":"c"}'));
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
    const names = ['x-api-key', 'authorization', 'proxy-authorization', 'x-authorization', 'cookie'];
    const credentials = Object.fromEntries(names.map((name) => [name, 'secret']));
    const ofTheConnection = { connection: 'close, X-Hop', 'x-hop': '1', te: 'trailers', upgrade: 'h2c' };
    const input = addGatewayFields(
      { requestMetadata: 'forged', __api_gw_app: 'forged' },
      request({ headers: { ...credentials, ...ofTheConnection, 'x-other': 'kept' } }),
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

  it('has the whole path as it was sent, parameters decoded, and repeated query parameters as arrays in its metadata', () => {
    const match = matchOf({ route: { requestMetadata: true } }, { id: 'a/b' });
    const input = addGatewayFields({}, request(), match, '/x/a%2Fb', parseQuery('q=1&q=2'));
    expect(input.requestMetadata).toMatchObject({ path: '/x/a%2Fb', pathParams: { id: 'a/b' } });
    expect(input.requestMetadata).toHaveProperty('queryParams.q', ['1', '2']);
    expect(addGatewayFields({}, request(), matchOf(), '/x/1', parseQuery(''))).toEqual({});
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
