import { Problem } from '@rostrum/shared/problems';
import { httpMethods } from '@rostrum/shared/revision';
import type { CorsRules } from '@rostrum/shared/revision';
import type { Reply, Request } from './context.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';

/** Value of `Allow` for a path that takes these methods: OPTIONS is answered everywhere. */
export function allowOf(methods: readonly string[]): string[] {
  return [...methods, 'OPTIONS'];
}

/** OPTIONS: which methods a path takes; a preflight also learns which it may use. Nobody else is asked. */
export function answerOptions(
  request: Request,
  rules: CorsRules | undefined,
  methods: readonly string[],
  headers: Record<string, string>,
): Reply {
  const cors = isPreflight(request) ? preflightHeaders(request, rules, methods) : corsHeaders(request, rules);
  return { status: 204, headers: { ...headers, ...cors, allow: allowOf(methods).join(', ') }, body: undefined };
}

/**
 * The target `*` is the server itself, not a path: what it takes somewhere (RFC 9110, section 9.3.7).
 *
 * @throws {Problem} malformed-request for any other method.
 */
export function answerServerOptions(request: Request, headers: Record<string, string>): Reply {
  if (request.method === 'OPTIONS') return answerOptions(request, undefined, [...httpMethods, 'HEAD'].sort(), headers);
  throw new Problem('malformed-request', 'The request target * goes with OPTIONS only.');
}
