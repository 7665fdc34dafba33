import type { Outcome } from '@rostrum/shared/messages';
import { Problem, problemBody } from '@rostrum/shared/problems';
import type { Reply, Request } from './context.ts';
import { renderOwnResponse } from './render-own-response.ts';

/** Seconds after which it makes sense to look at a running execution again. */
const LOOK_AGAIN = '1';

/** The answer for an execution's outcome. @throws {Problem} when the outcome is one. */
export function renderAnswer(outcome: Outcome, service: string, headers: Record<string, string>): Reply {
  switch (outcome.kind) {
    case 'ok':
      if (outcome.response) return renderOwnResponse(outcome.response, outcome.body, headers);
      return {
        status: 200,
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: outcome.body,
      };
    case 'accepted': {
      const location = `/${service}/executions/${encodeURIComponent(outcome.workflowId)}`;
      const body = Buffer.from(JSON.stringify({ workflowId: outcome.workflowId, status: 'RUNNING' }));
      return {
        status: 202,
        headers: {
          ...headers,
          // No address where there is no record to look up.
          ...(outcome.tracked ? { location, 'retry-after': LOOK_AGAIN } : {}),
          'content-type': 'application/json; charset=utf-8',
        },
        body,
      };
    }
    case 'problem':
      throw outcome.problem;
    default:
      throw new Problem('internal-error', 'The executor’s answer is of a kind that is not known here.');
  }
}

/** The one place where problems become HTTP (RFC 9457). */
export function renderProblem(problem: Problem, request: Request, headers: Record<string, string>): Reply {
  const { retryAfter, allow, concurrencyLimit, acceptEncoding, tokenFault } = problem.extras;
  const path = request.url.split('?', 1)[0] as string;
  return {
    status: problem.status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      ...(problem.code === 'unauthenticated' ? { 'www-authenticate': challenge(tokenFault) } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
      ...(concurrencyLimit === undefined ? {} : rateLimitHeaders(headers, concurrencyLimit, retryAfter ?? 1)),
      ...(acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }),
      ...(allow === undefined ? {} : { allow: allow.join(', ') }),
    },
    body: Buffer.from(JSON.stringify(problemBody(problem, request.requestId, path))),
    problem: problem.code,
  };
}

/** The RateLimit fields (draft-ietf-httpapi-ratelimit-headers) for a limit on concurrent requests, after those there are. */
function rateLimitHeaders(
  known: Record<string, string>,
  limit: number,
  retryAfter: number,
): Record<'ratelimit-policy' | 'ratelimit', string> {
  const after = (name: string) => (known[name] === undefined ? '' : `${known[name]}, `);
  return {
    'ratelimit-policy': `${after('ratelimit-policy')}"concurrency";q=${limit};qu="concurrent-requests"`,
    ratelimit: `${after('ratelimit')}"concurrency";r=0;t=${Math.ceil(retryAfter)}`,
  };
}

/** What to bring, and what was wrong with what was brought (RFC 6750, section 3). */
function challenge(tokenFault: string | undefined): string {
  const fault = tokenFault === undefined ? '' : `, error="invalid_token", error_description="${tokenFault}"`;
  return `Bearer realm="rostrum"${fault}`;
}
