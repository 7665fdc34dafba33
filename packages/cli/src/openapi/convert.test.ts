import { compileSchema } from '@rostrum/shared/json-schema';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { fileShapes } from '../file/shape.ts';
import { convert } from './convert.ts';

const document = parse(`
openapi: 3.0.3
info: {title: Pet Shop, version: "1", description: Pets}
servers: [{url: https://example.com/v1/}]
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
    get:
      operationId: get_pet
      summary: One pet
      parameters:
        - {name: verbose, in: query, schema: {type: boolean}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        "200": {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
    put:
      x-rostrum-workflow: {name: put_pet, version: 3}
      x-rostrum-route: {timeoutInSeconds: 5}
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {}
    delete: {responses: {}}
    head: {operationId: head_pet, responses: {}}
components:
  securitySchemes: {key: {type: apiKey, name: X-API-Key, in: header}}
  requestBodies: {Pet: {content: {'application/json; charset=utf-8': {schema: {$ref: '#/components/schemas/Pet'}}}}}
  schemas:
    Pet:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: {type: string, nullable: true, example: Rex}
        age: {type: integer, minimum: 0, exclusiveMinimum: true}
        friends: {type: array, items: {$ref: '#/components/schemas/Pet'}}
`) as Record<string, unknown>;

const { content, warnings } = convert(document, {});
const [service] = content['services'] as { routes: Record<string, unknown>[] }[];
const routeOf = (method: string) => service?.routes.find(({ httpMethod }) => httpMethod === method) ?? {};

describe('an OpenAPI document', () => {
  it('becomes a service that the contract takes, with an API key by reference', () => {
    expect(fileShapes().service.safeParse(service).error).toBeUndefined();
    expect(service).toMatchObject({ id: 'pet-shop', name: 'Pet Shop', path: '/v1', authConfigId: 'pet-shop-key' });
    expect(content['authConfigs']).toEqual([
      { id: 'pet-shop-key', authenticationType: 'API_KEY', apiKeys: [{ env: 'ROSTRUM_API_KEY_PET_SHOP' }] },
    ]);
  });

  it('names workflows by x-rostrum-workflow, else by operationId, and more of a route by x-rostrum-route', () => {
    expect(routeOf('GET')).toMatchObject({
      path: '/pets/{petId}',
      description: 'One pet',
      mappedWorkflow: { name: 'get_pet' },
      queryParameters: [{ name: 'verbose', required: false }],
    });
    expect(routeOf('PUT')).toMatchObject({ mappedWorkflow: { name: 'put_pet', version: 3 }, timeoutInSeconds: 5 });
  });

  it('has schemas that stand on their own, mean the same, and take the parameters that are merged in', () => {
    const check = compileSchema(routeOf('PUT')['inputSchema']);
    expect(check({ name: null, petId: '7', age: 1, friends: [{ name: 'Tom' }] })).toEqual([]);
    expect(check({ name: 'Rex', age: 0 })).toHaveLength(1);
    expect(check({ name: 'Rex', colour: 'red' })).toHaveLength(1);
    expect(check({ name: 'Rex', friends: [{}] })).toHaveLength(1);
  });

  it('has everything named that could not be taken over', () => {
    expect(warnings).toEqual([
      expect.stringMatching(/^HEAD .* no such method/),
      expect.stringMatching(/^GET .* header parameter X-Trace/),
      expect.stringMatching(/^DELETE .* neither x-rostrum-workflow nor operationId/),
    ]);
  });
});

it('what is no document in part is told: no paths, a $ref to nothing, a body that is none', () => {
  const warningsOf = (paths: unknown) => convert({ info: { title: 'a' }, paths }, {}).warnings;
  expect(warningsOf(5)).toContainEqual(expect.stringContaining('the document has no paths'));
  expect(warningsOf({ '/a': 7 })).toContainEqual(expect.stringContaining('/a: is no mapping of methods'));
  const lost = { post: { operationId: 'w', requestBody: { $ref: '#/components/requestBodies/None' } } };
  expect(warningsOf({ '/a': lost })).toContainEqual(expect.stringContaining('$ref #/components/requestBodies/None'));
  const number = { post: { operationId: 'w', requestBody: 7 } };
  expect(warningsOf({ '/a': number })).toContainEqual(
    expect.stringContaining('POST /a: its requestBody has no content'),
  );
});
