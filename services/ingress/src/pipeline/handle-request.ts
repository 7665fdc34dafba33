import { Problem } from '@rostrum/shared/problems';
import { parseRequestPath } from '../routing/request-path.ts';
import { type Answer, answerCached } from './answer-cached.ts';
import { addGatewayFields, mergeInput, parseQuery } from './build-input.ts';
import { checkInput } from './check-schema.ts';
import type { Reply, Request, RouteMatch } from './context.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import type { Deps } from './deps.ts';
import type { Execution } from './execute.ts';
import { answerExecutionPath, matchExecutionPath } from './executions.ts';
import { idempotencyKeyOf, requestDigest } from './idempotency.ts';
import { parseBody } from './parse-body.ts';
import { appliedPreferences, patienceOf, preferencesOf } from './prefer.ts';
import { renderAnswer, renderProblem } from './render.ts';

/** The way of a request, from its first line to its answer. Never rejects. */
export async function handleRequest(request: Request, deps: Deps): Promise<Reply> {
  // Filled as soon as they are known, so that problems carry them too.
  const headers: Record<string, string> = { 'x-request-id': request.requestId };
  try {
    const first = await attempt(request, 1, deps, headers);
    if (first !== 'stale') return first;
    // The executor no longer has the revision we matched: match again, authentication included, once.
    await deps.catchUp().catch(() => {});
    const second = await attempt(request, 2, deps, headers);
    if (second !== 'stale') return second;
    throw new Problem('service-unavailable', 'The route is being changed; send the request again.', { retryAfter: 1 });
  } catch (error) {
    const problem =
      error instanceof Problem
        ? error
        : new Problem('internal-error', 'The gateway failed to handle the request.', {}, error);
    deps.onProblem(problem, request);
    return renderProblem(problem, request, headers);
  }
}

async function attempt(
  request: Request,
  number: 1 | 2,
  deps: Deps,
  headers: Record<string, string>,
): Promise<Reply | 'stale'> {
  const { path, segments, query } = parseRequestPath(request.url);

  const executionPath = matchExecutionPath(segments, deps.table);
  if (executionPath) return answerExecutionPath(executionPath, request, deps, headers);

  const match = deps.table.match(request.method, segments);
  request.steps?.done('match');
  if (match.kind === 'none') throw new Problem('route-not-found', `No route at ${path.slice(0, 200)}.`);
  const { edge } = match.service;
  request.matched = { service: edge.service };
  if (match.kind === 'other-method') {
    const allow = [...match.allow, 'OPTIONS'];
    if (isPreflight(request)) Object.assign(headers, preflightHeaders(request, edge.cors, match.allow));
    if (request.method === 'OPTIONS')
      return { status: 204, headers: { ...headers, allow: allow.join(', ') }, body: undefined };
    Object.assign(headers, corsHeaders(request, edge.cors));
    throw new Problem('method-not-allowed', `This path takes ${allow.join(', ')}.`, { allow });
  }
  Object.assign(headers, corsHeaders(request, edge.cors));

  const { route } = match.compiled;
  request.matched = { service: edge.service, route: route.id, template: edge.basePath + route.path };
  const principal = deps.authenticate(request, edge);
  request.principal = principal;
  request.steps?.done('auth');
  const key = idempotencyKeyOf(request, route);
  const prefers = preferencesOf(request, route.asynchronous ? 0 : route.timeoutMs);
  const queryParams = parseQuery(query);
  const input = mergeInput(match, queryParams, await parseBody(request));
  request.steps?.done('body');
  checkInput(match.compiled, input, deps.schemas);
  addGatewayFields(input, request, match, path, queryParams);

  const execution: Execution = {
    requestId: request.requestId,
    holder: number === 1 ? request.requestId : `${request.requestId}.2`,
    match,
    principal,
    input,
    traceparent: traceparentOf(request),
    remaining: () => Math.max(0, request.receivedAt + route.timeoutMs - performance.now()),
    patience: () => patienceOf(prefers, request.receivedAt),
    idempotency: key === undefined ? undefined : { key, digest: await requestDigest(request) },
    hungUp: request.hungUp(),
    ...(request.steps ? { steps: request.steps } : {}),
  };
  request.steps?.done('input');
  const answer = await run(match, execution, deps);
  request.steps?.done(match.compiled.cacheKey ? 'cache' : 'execute');
  if (answer.outcome.kind === 'stale') return 'stale';
  if (answer.cacheStatus !== undefined) headers['cache-status'] = answer.cacheStatus;
  const applied = appliedPreferences(prefers, answer.outcome);
  if (applied !== undefined) headers['preference-applied'] = applied;
  if (answer.outcome.replayed) headers['idempotency-replayed'] = 'true';
  return renderAnswer(answer.outcome, edge.service, headers);
}

async function run(match: RouteMatch, execution: Execution, deps: Deps): Promise<Answer> {
  if (match.compiled.cacheKey) return answerCached(execution, deps.cache, deps.executor);
  const { outcome } = await deps.executor.execute(execution, undefined);
  return { outcome };
}

function traceparentOf(request: Request): string {
  const value = request.headers.traceparent;
  return typeof value === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(value) ? value : '';
}
