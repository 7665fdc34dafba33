import { Problem } from '@rostrum/shared/problems';
import type { Caller } from './caller.ts';
import type { Request, RouteMatch } from './context.ts';
import type { UrlEncoded } from './url-encoded.ts';

export type Input = Record<string, unknown>;

/** The gateway alone says them. */
export const gatewayFields = ['__api_gw_app', '__api_gw_auth', 'requestMetadata'] as const;

/** Headers that never leave the gateway: credentials, and what belongs to one connection (RFC 9110, section 7.6.1). */
const withheld = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-authorization',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * What the caller says, merged at the top level: a path parameter goes before a query parameter, and that before a
 * field of the body. A body that is not an object is its member `body`. Has no prototype: any name may be a field's.
 *
 * @throws {Problem} missing-parameter, naming all that are missing; malformed-request.
 */
export function mergeInput(match: RouteMatch, queryParams: UrlEncoded, body: unknown): Input {
  const input: Input = Object.create(null);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) Object.assign(input, body);
  else if (body !== undefined) input.body = body;
  const missing = match.compiled.required.filter((name) => !Object.hasOwn(queryParams, name));
  if (missing.length > 0) {
    throw new Problem('missing-parameter', `The query lacks ${missing.join(', ')}.`, {
      errors: missing.map((name) => ({ pointer: `/${name}`, detail: 'is a required query parameter' })),
    });
  }
  Object.assign(input, queryParams, match.pathParams);
  // Only the gateway says these: a caller that could would be believed.
  for (const name of gatewayFields) delete input[name];
  return input;
}

/** What the gateway adds after the schema was checked; a caller's fields of these names were taken out before. */
export function addGatewayFields(
  input: Input,
  request: Request,
  match: RouteMatch,
  path: string,
  queryParams: UrlEncoded,
  caller?: Caller,
): Input {
  const { edge } = match.service;
  if (edge.application !== undefined) input.__api_gw_app = edge.application;
  if (caller?.inputAuth) input.__api_gw_auth = caller.inputAuth;
  if (match.compiled.route.requestMetadata) {
    input.requestMetadata = {
      path,
      // The route’s: HEAD is answered as GET, by what was kept of one too.
      method: match.compiled.route.method.toLowerCase(),
      pathParams: match.pathParams,
      queryParams,
      headers: passedHeaders(request),
    };
  }
  return input;
}

/** What `Connection` names belongs to the one connection, too. */
function passedHeaders({ headers }: Request): Record<string, unknown> {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !withheld.has(name) && !named.has(name)));
}
