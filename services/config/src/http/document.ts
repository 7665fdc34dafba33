import { z } from 'zod';
import type { About } from './about.ts';

/** A registered route, with the path that Fastify knows it by. */
export interface Registered {
  method: string;
  url: string;
  about: About | undefined;
}

type Json = Record<string, unknown>;

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'message'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, and what to do.' },
    code: { type: 'string', description: 'Stable; the last part of `type`.' },
    message: { type: 'string', description: 'The detail, for existing clients.' },
    error: { enum: ['EXPIRED_TOKEN', 'INVALID_TOKEN'] },
    errors: {
      type: 'array',
      description: 'All faults at once.',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
};

/** The admin API as OpenAPI 3.1: paths and methods as they are registered, shapes from the schemas that check bodies. */
export function describeApi(registered: readonly Registered[]): Json {
  const schemas: Json = { Problem: problem };
  const paths: Record<string, Json> = {};
  for (const { method, url, about } of registered) {
    if (!about) continue;
    const path = (paths[url.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    path[method.toLowerCase()] = operation(method, url, about, (schema) => toJsonSchema(schema, schemas));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rostrum’s admin API',
      version: '0.1.0',
      description: 'Every success is 200. Take a token from `POST /api/token` and send it as `X-Authorization`.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(registered.flatMap(({ about }) => about?.tag ?? []))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Authorization' } },
      responses: {
        Problem: {
          description: 'It was refused, or failed (RFC 9457).',
          content: { 'application/problem+json': { schema: ref('Problem') } },
        },
      },
      headers: { ETag: { schema: { type: 'string' }, description: 'Changes exactly when the object does.' } },
    },
  };
}

function operation(method: string, url: string, about: About, json: (schema: z.ZodType) => Json): Json {
  const { tag, summary, body, answer, type = 'application/json' } = about;
  const writes = method !== 'GET' && about.open !== true;
  const reads = method === 'GET';
  return {
    tags: [tag],
    summary,
    operationId: `${method.toLowerCase()}${url.replaceAll(/[/:-]+(\w)/g, (_, first: string) => first.toUpperCase())}`,
    ...(about.deprecated ? { deprecated: true } : {}),
    ...(about.open ? { security: [] } : {}),
    parameters: [
      ...[...url.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: string })),
      ...Object.entries({ ...about.query, ...(about.list ? pages : {}) }).map(([name, description]) =>
        queryParameter(name, description),
      ),
      ...(writes && about.tagged ? [ifMatch] : []),
      ...(reads && about.tagged ? [ifNoneMatch] : []),
    ],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: json(body) } } } } : {}),
    responses: {
      200: {
        description: 'Done.',
        ...(answer ? { content: { [type]: { schema: json(answer) } } } : {}),
        ...headersOf(about),
      },
      ...(reads && about.tagged ? { 304: { description: 'It is still the one that `If-None-Match` names.' } } : {}),
      ...Object.fromEntries(
        statusesOf(method, url, about).map((status) => [status, { $ref: '#/components/responses/Problem' }]),
      ),
    },
  };
}

const string = { type: 'string' };
const pages = {
  'limit?': 'How many at most; all of them unless given.',
  'cursor?': 'From the `Link` of the page before.',
};
const ifMatch = {
  name: 'If-Match',
  in: 'header',
  schema: string,
  description: 'ETags, or `*`: nothing is written when the object is another. Without it the last write wins.',
};
const ifNoneMatch = {
  name: 'If-None-Match',
  in: 'header',
  schema: string,
  description: 'ETags, or `*`: who has the object already is answered with 304 alone.',
};

function queryParameter(name: string, description: string): Json {
  const optional = name.endsWith('?');
  return { name: name.replace(/\?$/, ''), in: 'query', required: !optional, schema: string, description };
}

function headersOf({ list, tagged, answer }: About): Json {
  if (list) return { headers: { Link: { schema: string, description: '`rel="next"`: the page after this one.' } } };
  return tagged && answer ? { headers: { ETag: { $ref: '#/components/headers/ETag' } } } : {};
}

function statusesOf(method: string, url: string, { open, body, tagged }: About): string[] {
  const writes = method !== 'GET';
  return [
    '400',
    ...(open ? [] : ['401', '403']),
    ...(url.includes(':') ? ['404'] : []),
    ...(writes && !open ? ['409'] : []),
    ...(writes && tagged ? ['412'] : []),
    ...(body ? ['413'] : []),
    'default',
  ];
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** What has an id stands among the components, once. */
function toJsonSchema(schema: z.ZodType, components: Json): Json {
  const { $defs = {}, $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const moved = (part: unknown) =>
    JSON.parse(JSON.stringify(part).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
  for (const [name, definition] of Object.entries($defs)) components[name] = moved(definition);
  return moved(rest);
}
