import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgeRevision, EdgeRoute } from '@rostrum/shared/revision';
import { compileService } from '../routing/service-routes.ts';
import { mergeInput } from './build-input.ts';
import type { Request, RouteMatch } from './context.ts';
import { parseBody } from './parse-body.ts';
import { encodeInput, inputOf } from './splice-input.ts';
import { parseQuery } from './url-encoded.ts';

function matchOf(route: Partial<EdgeRoute> = {}, service: Partial<EdgeRevision> = {}, pathParams = {}): RouteMatch {
  const edge: EdgeRevision = {
    ...{ format: 1, service: 's', revision: 1, basePath: '/s', enabled: true, auth: { type: 'NONE' }, ...service },
    routes: [
      {
        ...{ id: 'POST /', method: 'POST', path: '/', queryParameters: [], requestMetadata: false, pool: 'default' },
        ...{ timeoutMs: 1_000, ...route },
      },
    ],
  };
  const compiled = compileService(edge);
  return {
    kind: 'route',
    service: compiled,
    compiled: compiled.paths.find([])?.[0]?.compiled as RouteMatch['compiled'],
    pathParams,
  };
}

function bodyOf(text: string) {
  const headers = { 'content-type': 'application/json' };
  const request = { headers, readBody: async () => Buffer.from(text) } as Partial<Request> as Request;
  return parseBody(request, { expandedBytes: 100_000, members: 1_000 });
}

describe('a body that nobody here reads', () => {
  it('comes to the same input as one that is parsed', async () => {
    const names = fc.constantFrom('a', 'b', 'body', 'requestMetadata', '__api_gw_app', 'é"');
    const json = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(names, fc.jsonValue({ maxDepth: 1 })));
    const rest = fc.dictionary(fc.constantFrom('a', 'body', 'c'), fc.string(), { maxKeys: 2 });
    await fc.assert(
      fc.asyncProperty(json, rest, rest, fc.nat(2), async (value, query, path, indent) => {
        const match = matchOf({}, {}, path);
        const queryParams = parseQuery(new URLSearchParams(query).toString());
        const body = await bodyOf(` ${JSON.stringify(value, undefined, indent)}\n`).catch(() => undefined);
        const encoded = encodeInput(inputOf(match, queryParams, body)).toString();
        expect(JSON.parse(encoded)).toEqual({ ...mergeInput(match, queryParams, body?.value()) });
        // Each member once: who reads the first of two must see the same.
        for (const name of Object.keys(query)) expect(JSON.parse(encoded, (_key, each) => each)[name]).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('stays as it was written', async () => {
    const encode = async (text: string, query = '') =>
      encodeInput(inputOf(matchOf(), parseQuery(query), await bodyOf(text))).toString();
    expect(await encode('{"id":12345678901234567890,"x":1.0}')).toBe('{"id":12345678901234567890,"x":1.0}');
    expect(await encode('{"a":1.0}', 'q=2')).toBe('{"q":"2","a":1.0}');
    expect(await encode('{"a":1.0}', 'a=2')).toBe('{"a":"2"}');
    expect(await encode('{}', 'q=2')).toBe('{"q":"2"}');
    expect(await encode('[1.0]', 'q=2')).toBe('{"q":"2","body":[1.0]}');
    expect(await encode('{"__api_gw_app":"forged","a":1}')).toBe('{"a":1}');
  });

  it('is read where a schema, a key of the cache or of a rate limit asks for it', async () => {
    const body = await bodyOf('{"a":1}');
    const isRead = (match: RouteMatch) => inputOf(match, parseQuery(''), body)['a'] === 1;
    const limit = { limit: 1, windowMs: 1_000 };
    const cache = { shape: '', byPrincipal: false };
    expect(isRead(matchOf())).toBe(false);
    expect(isRead(matchOf({ inputSchema: true }))).toBe(true);
    expect(isRead(matchOf({ cache: { ...cache, key: '${a}' } }))).toBe(true);
    expect(isRead(matchOf({ cache: { ...cache, key: 'all' } }))).toBe(false);
    expect(isRead(matchOf({ rateLimit: { ...limit, key: '${a}' } }))).toBe(true);
    expect(isRead(matchOf({}, { rateLimit: { ...limit, key: '$.a' } }))).toBe(true);
    expect(isRead(matchOf({}, { rateLimit: { ...limit, key: 'all' } }))).toBe(false);
  });
});
