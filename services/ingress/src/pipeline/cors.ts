import type { CorsRules } from '@rostrum/shared/revision';
import { type Request, singleHeader } from './context.ts';

/** What a preflight may be kept for by the browser, seconds. */
const MAX_AGE = '600';

/** Headers for an answer to a cross-origin request (Fetch standard); none when the origin is not among those allowed. */
export function corsHeaders(request: Request, rules: CorsRules | undefined): Record<string, string> {
  const origin = singleHeader(request, 'origin');
  if (!rules || origin === undefined) return {};
  if (rules.origins.includes('*')) return { 'access-control-allow-origin': '*' };
  const vary = { vary: 'Origin' };
  return rules.origins.includes(origin) ? { 'access-control-allow-origin': origin, ...vary } : vary;
}

/** Whether the request asks for permission rather than for the thing itself. */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && singleHeader(request, 'access-control-request-method') !== undefined;
}

/** Headers for a preflight: which of the path's methods and which headers may be used from that origin. */
export function preflightHeaders(
  request: Request,
  rules: CorsRules | undefined,
  methods: string[],
): Record<string, string> {
  const headers = corsHeaders(request, rules);
  if (!rules || headers['access-control-allow-origin'] === undefined) return headers;
  const allowed = rules.methods.includes('*') ? methods : methods.filter((method) => rules.methods.includes(method));
  const asked = singleHeader(request, 'access-control-request-headers');
  return {
    ...headers,
    'access-control-allow-methods': allowed.join(', '),
    'access-control-max-age': MAX_AGE,
    // `*` does not cover Authorization (Fetch standard): what was asked for is named instead.
    ...(rules.headers.includes('*')
      ? asked === undefined
        ? {}
        : { 'access-control-allow-headers': asked }
      : { 'access-control-allow-headers': rules.headers.join(', ') }),
  };
}
