import { variableFor } from '../plan/exported.ts';
import { isObject } from '../file/references.ts';
import { danglingRefs, follow, standalone } from './json-schema.ts';

type Json = Record<string, unknown>;

export interface ConvertOptions {
  /** Ids and base path; from the document's title and server unless given. */
  service?: string | undefined;
  path?: string | undefined;
}

export interface Converted {
  content: Json;
  /** What could not be taken over, one sentence each. */
  warnings: string[];
}

const methods = ['get', 'post', 'put', 'delete', 'patch'];

/**
 * An OpenAPI 3 document as the content of a `rostrum.yaml`. The workflow of an operation is its `x-rostrum-workflow`
 * (a name, or `{name, version}`), else its `operationId`; `x-rostrum-route` has further members of the route.
 */
export function convert(document: Json, { service, path }: ConvertOptions): Converted {
  const warnings: string[] = [];
  const info = isObject(document['info']) ? document['info'] : {};
  const id = service ?? slug(textOf(info['title']));
  const base = path ?? basePath(document) ?? `/${id}`;
  warnings.push(...danglingRefs(document));
  const paths = isObject(document['paths']) ? document['paths'] : {};
  if (Object.keys(paths).length === 0) warnings.push('the document has no paths: the service has no routes');
  const routes = Object.entries(paths).flatMap(([route, item]) =>
    routesOf(route, follow(item, document), document, warnings),
  );
  const auth = authConfig(id, document, warnings);
  const text = (name: string) =>
    typeof info[name] === 'string' ? { [name === 'title' ? 'name' : name]: info[name] } : {};
  const content = {
    authConfigs: [auth],
    services: [{ id, ...text('title'), ...text('description'), path: base, authConfigId: auth['id'], routes }],
  };
  return { content, warnings };
}

function routesOf(path: string, item: unknown, document: Json, warnings: string[]): Json[] {
  if (!isObject(item)) {
    warnings.push(`${path}: is no mapping of methods; it is left out`);
    return [];
  }
  const lost = ['head', 'options', 'trace'].filter((method) => method in item);
  for (const method of lost)
    warnings.push(`${method.toUpperCase()} ${path}: routes have no such method; it is left out`);
  return methods.flatMap((method) => {
    const operation = item[method];
    if (!isObject(operation)) return [];
    const name = `${method.toUpperCase()} ${path}`;
    const workflow = workflowOf(operation, item);
    if (!workflow) {
      warnings.push(`${name}: has neither x-rostrum-workflow nor operationId; it is left out`);
      return [];
    }
    const parameters = parametersOf(operation, item, document);
    const query = queryParameters(name, parameters, warnings);
    const more = isObject(operation['x-rostrum-route']) ? operation['x-rostrum-route'] : {};
    const description = operation['description'] ?? operation['summary'];
    const input = bodySchema(name, operation['requestBody'], document, warnings);
    const output = answerSchema(operation['responses'], document);
    const route: Json = {
      httpMethod: method.toUpperCase(),
      path,
      ...(typeof description === 'string' ? { description } : {}),
      mappedWorkflow: workflow,
      ...(query.length > 0 ? { queryParameters: query } : {}),
      ...(input === undefined ? {} : { inputSchema: withParameters(input, parameters) }),
      ...(output === undefined ? {} : { outputSchema: output }),
      ...more,
    };
    return [route];
  });
}

function workflowOf(operation: Json, item: Json): Json | undefined {
  const given = operation['x-rostrum-workflow'] ?? item['x-rostrum-workflow'] ?? operation['operationId'];
  if (typeof given === 'string') return { name: given };
  return isObject(given) ? given : undefined;
}

/** Those of the operation before those of its path (OpenAPI 3.1, 4.8.9.1). */
function parametersOf(operation: Json, item: Json, document: Json): Json[] {
  const all = [operation['parameters'], item['parameters']].flatMap((list) => (Array.isArray(list) ? list : []));
  const found = new Map<string, Json>();
  for (const each of all.map((parameter) => follow(parameter, document))) {
    if (!isObject(each)) continue;
    const key = `${String(each['in'])} ${String(each['name'])}`;
    if (!found.has(key)) found.set(key, each);
  }
  return [...found.values()];
}

function queryParameters(route: string, parameters: readonly Json[], warnings: string[]): Json[] {
  return parameters.flatMap((parameter) => {
    const name = String(parameter['name']);
    if (parameter['in'] === 'header' || parameter['in'] === 'cookie') {
      warnings.push(
        `${route}: the ${parameter['in']} parameter ${name} is not part of a workflow's input; it is left out`,
      );
    }
    if (parameter['in'] !== 'query') return [];
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      warnings.push(`${route}: the query parameter ${name} has a name that routes cannot have; it is left out`);
      return [];
    }
    return [{ name, required: parameter['required'] === true }];
  });
}

function bodySchema(route: string, given: unknown, document: Json, warnings: string[]): unknown {
  const body = follow(given, document);
  if (body === undefined) return undefined;
  if (!isObject(body) || !isObject(body['content'])) {
    warnings.push(`${route}: its requestBody has no content; it has no input schema`);
    return undefined;
  }
  const schema = jsonSchemaIn(body['content'], document);
  if (schema === undefined) warnings.push(`${route}: its body is not JSON; routes take JSON`);
  return schema;
}

/** Of the first answer that is a success. */
function answerSchema(responses: unknown, document: Json): unknown {
  if (!isObject(responses)) return undefined;
  const code = Object.keys(responses)
    .toSorted()
    .find((each) => each.startsWith('2'));
  const response = code === undefined ? undefined : follow(responses[code], document);
  return isObject(response) && isObject(response['content']) ? jsonSchemaIn(response['content'], document) : undefined;
}

function jsonSchemaIn(content: Json, document: Json): unknown {
  const type = Object.keys(content).find((each) => /^application\/(?:json|.*\+json)\b/i.test(each));
  const media = type === undefined ? undefined : content[type];
  return isObject(media) && media['schema'] !== undefined ? standalone(media['schema'], document) : undefined;
}

/** Parameters are merged into the input before it is checked: a schema that takes nothing else has to know them. */
function withParameters(schema: unknown, parameters: readonly Json[]): unknown {
  if (!isObject(schema) || schema['additionalProperties'] !== false) return schema;
  const names = parameters
    .filter((each) => each['in'] === 'path' || each['in'] === 'query')
    .map(({ name }) => String(name));
  const own = isObject(schema['properties']) ? schema['properties'] : {};
  return { ...schema, properties: { ...Object.fromEntries(names.map((name) => [name, true])), ...own } };
}

function authConfig(id: string, document: Json, warnings: string[]): Json {
  const components = isObject(document['components']) ? document['components'] : {};
  const schemes = isObject(components['securitySchemes']) ? Object.values(components['securitySchemes']) : [];
  const oidc = schemes
    .map((scheme) => follow(scheme, document))
    .find((each) => isObject(each) && each['type'] === 'openIdConnect');
  if (isObject(oidc)) {
    const issuerUri = textOf(oidc['openIdConnectUrl']).replace(/\/\.well-known\/openid-configuration$/, '');
    return { id: `${id}-oidc`, authenticationType: 'OIDC', issuerUri };
  }
  if (schemes.length === 0) {
    warnings.push(
      'the document has no security scheme: an API key is asked for; write authenticationType: NONE to ask for none',
    );
  }
  return { id: `${id}-key`, authenticationType: 'API_KEY', apiKeys: [{ env: variableFor(id) }] };
}

/** The path of the first server, if it has one. */
function basePath(document: Json): string | undefined {
  const [server] = Array.isArray(document['servers']) ? (document['servers'] as unknown[]) : [];
  const url = isObject(server) ? textOf(server['url']) : '';
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\/+$/, '');
  return path === '' || /[{}?#]/.test(path) ? undefined : path;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function slug(title: string): string {
  return (
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'imported'
  );
}
