import type { CorsRules } from '@rostrum/shared/revision';
import { type Request, singleHeader } from './context.ts';

/** What a preflight may be kept for by the browser (s), unless the service says it. */
const MAX_AGE = 600;

/** The gateway's own headers that a script has a use for; those that scripts may read anyway are not among them. */
const gatewayHeaders = [
  ...['x-request-id', 'location', 'retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate', 'allow', 'etag'],
  ...['age', 'cache-status', 'preference-applied', 'idempotency-replayed'],
];
const always = gatewayHeaders.join(', ');

/** A browser's word for a server that is nearer than the page (Private, later Local Network Access), and our answer to it. */
const nearer = ['private-network', 'local-network'];

/**
 * Headers for an answer to whatever is no preflight (Fetch standard, "HTTP responses"). None says who may read it where
 * the origin is not among those allowed. That an answer depends on the origin is said also to those who have none.
 */
export function corsHeaders(request: Request, rules: CorsRules | undefined): Record<string, string> {
  if (!rules) return {};
  const headers: Record<string, string> = dependsOnOrigin(rules) ? { vary: 'Origin' } : {};
  const allowed = allowedOrigin(request, rules);
  if (allowed === undefined) return headers;
  return { ...headers, ...allowed, 'access-control-expose-headers': exposed(rules) };
}

/** Whether the request asks for permission rather than for the thing itself (Fetch standard, "CORS-preflight request"). */
export function isPreflight(request: Request): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  return request.method === 'OPTIONS' && origin !== undefined && method !== undefined;
}

/**
 * Headers for a preflight: which of the path's methods and which headers may be used from that origin. What is not
 * allowed is left out, and browsers then do not send the request.
 */
export function preflightHeaders(
  request: Request,
  rules: CorsRules | undefined,
  methods: readonly string[],
): Record<string, string> {
  if (!rules) return {};
  const vary = ['Access-Control-Request-Method', 'Access-Control-Request-Headers'];
  if (rules.privateNetwork) vary.push(...nearer.map((network) => `Access-Control-Request-${capitals(network)}`));
  const headers = { vary: [...(dependsOnOrigin(rules) ? ['Origin'] : []), ...vary].join(', ') };
  const allowed = allowedOrigin(request, rules);
  if (allowed === undefined) return headers;
  return {
    ...headers,
    ...allowed,
    ...list('access-control-allow-methods', allowedMethods(rules, methods)),
    ...list('access-control-allow-headers', allowedHeaders(request, rules)),
    ...(rules.privateNetwork ? nearerHeaders(request) : {}),
    'access-control-max-age': String(rules.maxAgeSeconds ?? MAX_AGE),
  };
}

/** With credentials `*` names nothing (Fetch standard, "CORS protocol and credentials"): the answer's own headers are listed instead. */
export function exposeAll(headers: Record<string, string>): Record<string, string> {
  const all =
    headers['access-control-expose-headers'] === '*' && headers['access-control-allow-credentials'] === 'true';
  if (!all) return headers;
  const names = Object.keys(headers).filter((name) => !/^(?:access-control-|set-cookie)/.test(name));
  return { ...headers, 'access-control-expose-headers': names.join(', ') };
}

function allowedOrigin(request: Request, { origins, credentials }: CorsRules): Record<string, string> | undefined {
  const origin = singleHeader(request, 'origin');
  if (origin === undefined) return undefined;
  // Never with credentials unless the origin is named: any site could read what is its visitors' own.
  if (origin !== '*' && origins.includes(origin) && (credentials || !origins.includes('*')))
    return {
      'access-control-allow-origin': origin,
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    };
  return origins.includes('*') ? { 'access-control-allow-origin': '*' } : undefined;
}

/** `*` for everyone is the same answer for everyone ("CORS protocol and HTTP caches"). */
function dependsOnOrigin({ origins, credentials }: CorsRules): boolean {
  return !origins.includes('*') || (credentials === true && origins.length > 1);
}

function exposed({ expose = [] }: CorsRules): string {
  if (expose.includes('*')) return '*';
  return expose.length > 0 ? [...new Set([...gatewayHeaders, ...expose])].join(', ') : always;
}

/** Lists are right with credentials and without; HEAD goes with GET, as on every route. */
function allowedMethods({ methods: rules }: CorsRules, methods: readonly string[]): readonly string[] {
  if (rules.includes('*')) return methods;
  return methods.filter((method) => rules.includes(method) || (method === 'HEAD' && rules.includes('GET')));
}

/** `*` does not cover Authorization, and nothing with credentials: what was asked for is named instead. */
function allowedHeaders(request: Request, { headers }: CorsRules): string[] {
  if (!headers.includes('*')) return headers;
  const asked = singleHeader(request, 'access-control-request-headers') ?? '';
  return asked
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name));
}

function nearerHeaders(request: Request): Record<string, string> {
  const asked = nearer.filter((network) => request.headers[`access-control-request-${network}`] === 'true');
  return Object.fromEntries(asked.map((network) => [`access-control-allow-${network}`, 'true']));
}

function capitals(name: string): string {
  return name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function list(name: string, values: readonly string[]): Record<string, string> {
  return values.length > 0 ? { [name]: values.join(', ') } : {};
}
