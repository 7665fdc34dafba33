import { isParameter, segmentsOf } from '@rostrum/contract/paths';
import type { EdgeAuth, EdgeRevision, EdgeRoute } from '@rostrum/shared/revision';
import { exampleOf } from './example.ts';
import { publicUrlOf } from './public-url.ts';

/**
 * A cURL command that calls the route, for a POSIX shell. What is left to fill in stands in angle brackets: `<API_KEY>` or
 * `<TOKEN>`, and path and required query parameters by their names (percent-encoded, as ever in a URL). The body is an example of
 * the input schema, less what the URL says already.
 */
export function curlCommand(edge: EdgeRevision, route: EdgeRoute, publicUrl: string): string {
  const segments = [...segmentsOf(edge.basePath), ...segmentsOf(route.path)];
  const parameters = segments.filter(isParameter).map((segment) => segment.slice(1, -1));
  const path = segments.map((segment) =>
    isParameter(segment) ? `<${segment.slice(1, -1)}>` : encodeURIComponent(segment),
  );
  const query = route.queryParameters.filter(({ required }) => required).map(({ name }) => `${name}=<${name}>`);
  const url = `${publicUrlOf(edge, publicUrl)}/${path.join('/')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  const known = new Set([...parameters, ...route.queryParameters.map(({ name }) => name)]);
  const body = bodyOf(route, known);
  const headers = [
    ...authHeaders(edge.auth),
    ...(route.idempotencyKeyRequired ? ['Idempotency-Key: "<unique-key>"'] : []),
    ...(body === undefined ? [] : ['Content-Type: application/json']),
  ];
  const parts = [
    `curl --request ${route.method} ${quoted(url)}`,
    ...headers.map((header) => `--header ${quoted(header)}`),
    ...(body === undefined ? [] : [`--data ${quoted(body)}`]),
  ];
  return parts.join(' \\\n  ');
}

function authHeaders(auth: EdgeAuth): string[] {
  if (auth.type === 'DENY' && auth.oidc) return ['Authorization: Bearer <TOKEN>'];
  return auth.type === 'API_KEY' ? ['X-API-Key: <API_KEY>'] : [];
}

/** JSON; undefined where nothing is left to be said in a body. */
function bodyOf({ method, inputSchema }: EdgeRoute, known: ReadonlySet<string>): string | undefined {
  const example = inputSchema === undefined ? {} : exampleOf(inputSchema);
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return JSON.stringify(example);
  const members = Object.entries(example).filter(([name]) => !known.has(name));
  if (members.length === 0 && (method === 'GET' || method === 'DELETE')) return undefined;
  return JSON.stringify(Object.fromEntries(members));
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
