import { Validator } from '@seriousme/openapi-schema-validator';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registeredCalls } from './registered.ts';
import { type Answer, type Replica, read, route, startReplica } from './replica.ts';

type Json = Record<string, never>;

const nats = useNats();
let replica: Replica;
let document: Json;
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  document = (await read(await fetch(`${replica.url}/api/gateway/config/openapi.json`))).body;
});
afterAll(() => replica.drain());

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('has every path and method of the API: describe a new one with about() where it is registered', async () => {
    const paths = Object.entries(document['paths'] as unknown as Record<string, object>);
    const described = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const registered = (await registeredCalls()).map((call) => call.replaceAll(/:(\w+)/g, '{$1}'));
    expect(described.sort()).toEqual(registered.sort());
  });

  it('names each operation once', () => {
    const paths = Object.values(
      document['paths'] as unknown as Record<string, Record<string, { operationId: string }>>,
    );
    const ids = paths.flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes what is answered', async () => {
    const ajv = new Ajv2020({ strict: false, logger: false });
    ajv.addSchema({ ...document, $id: 'api' });
    const fits = (name: string, { body }: Answer) => {
      const validate = ajv.getSchema(`api#/components/schemas/${name}`);
      expect(validate?.(body), `${name}: ${JSON.stringify(validate?.errors)}`).toBe(true);
    };
    const schema = { type: 'object' };
    fits('AuthConfig', await replica.send('POST', '/auth', { id: 'a', authType: 'API_KEY' }));
    fits('SchemaDef', await replica.send('POST', '/../../schema', { name: 's', data: schema }));
    const routes = [
      route('POST', '/x', {
        inputSchema: JSON.stringify(schema),
        outputSchemaRef: { name: 's' },
        cacheConfig: { key: 'k', ttlInSecond: 300 },
        rateLimitConfig: { rateLimitKey: 'k', concurrentExecLimit: 1 },
      }),
    ];
    fits('Service', await replica.send('POST', '/services', { id: 's', path: '/s', tags: ['a:b'], routes }));
    fits('RouteWithMetrics', await replica.send('GET', '/services/s/routes/route?method=POST&path=/x'));
    fits('Tags', await replica.send('GET', '/services/s/tags'));
    fits('Problem', await replica.send('POST', '/services', { id: 'S' }));
    fits('Problem', await read(await fetch(`${replica.url}/api/schema`)));
    const audit = '#/paths/~1api~1gateway~1config~1audit/get/responses/200/content/application~1json/schema';
    const validate = ajv.getSchema(`api${audit}`);
    const page = await waitFor(async () => {
      const { body } = await replica.send('GET', '/audit');
      return body.entries.length > 0 ? body : undefined;
    });
    expect(validate?.(page), JSON.stringify(validate?.errors)).toBe(true);
  });
});

it('the docs page has every operation, needs no token, and nothing from elsewhere', async () => {
  const answer = await fetch(`${replica.url}/api/gateway/config/docs`);
  const html = await answer.text();
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  for (const path of Object.keys(document['paths'] ?? {})) expect(html).toContain(`</b> ${path}<`);
  expect(html).not.toMatch(/<script|<link|<img|src=|https?:\/\/(?!json-schema\.org)/);
});
