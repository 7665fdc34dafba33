import { Problem } from '@rostrum/shared/problems';
import { hostName } from '../routing/host.ts';
import { parseRequestPath } from '../routing/request-path.ts';
import { type Answer, answerCached } from './answer-cached.ts';
import { addGatewayFields } from './build-input.ts';
import { callerControlOf } from './cache-control.ts';
import { cacheOutcomeOf } from './cache-outcome.ts';
import { checkInput } from './check-schema.ts';
import { type Reply, type Request, type RouteMatch, singleHeader } from './context.ts';
import { corsHeaders, exposeAll } from './cors.ts';
import type { Deps } from './deps.ts';
import type { Execution } from './execute.ts';
import { answerExecutionPath, matchExecutionPath } from './executions.ts';
import { idempotencyKeyOf, requestDigest } from './idempotency.ts';
import { rateChecks } from './limit-rate.ts';
import { allowOf, answerOptions, answerServerOptions } from './options.ts';
import { parseBody } from './parse-body.ts';
import { appliedPreferences, patienceOf, preferencesOf } from './prefer.ts';
import { renderAnswer, renderProblem } from './render.ts';
import { inputOf } from './splice-input.ts';
import { isNotModified, storedHeaders } from './stored-answer.ts';
import { parseQuery } from './url-encoded.ts';

/** The way of a request, from its first line to its answer. Never rejects. */
export async function handleRequest(request: Request, deps: Deps): Promise<Reply> {
  const reply = await answerRequest(request, deps);
  return { ...reply, headers: exposeAll(reply.headers) };
}

async function answerRequest(request: Request, deps: Deps): Promise<Reply> {
  // Filled as soon as they are known, so that problems carry them too.
  // Nobody on the way is to keep an answer that does not say so itself (RFC 9111, section 4.2.2).
  const headers: Record<string, string> = { 'x-request-id': request.requestId, 'cache-control': 'no-store' };
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
  if (request.url === '*') return answerServerOptions(request, headers);
  const { path, segments, query, authority } = parseRequestPath(request.url, deps.trailingSlash);
  const host = hostName(authority ?? singleHeader(request, ':authority') ?? singleHeader(request, 'host') ?? '');

  const executionPath = matchExecutionPath(segments, host, deps.table);
  if (executionPath) return answerExecutionPath(executionPath, request, deps, headers);

  const match = deps.table.match(request.method, segments, host);
  if (match.kind === 'none') throw new Problem('route-not-found', `No route at ${path.slice(0, 200)}.`);
  const { edge } = match.service;
  request.matched = { service: edge.service };
  if (match.kind === 'other-method') {
    if (request.method === 'OPTIONS') return answerOptions(request, edge.cors, match.allow, headers);
    Object.assign(headers, corsHeaders(request, edge.cors));
    const allow = allowOf(match.allow);
    throw new Problem('method-not-allowed', `This path takes ${allow.join(', ')}.`, { allow });
  }
  Object.assign(headers, corsHeaders(request, edge.cors));

  const { route } = match.compiled;
  request.matched = { service: edge.service, route: route.id, template: edge.basePath + route.path };
  const caller = await deps.authenticate(request, edge);
  // A request that is run again has been counted.
  const rates = rateChecks(request, match, caller.principal, number === 1 ? deps.rates : undefined, headers);
  await rates.beforeBody();
  const key = idempotencyKeyOf(request, route);
  const prefers = preferencesOf(request, route.asynchronous ? 0 : route.timeoutMs);
  const queryParams = parseQuery(query);
  const body = await parseBody(request, deps.bodyLimits);
  const input = inputOf(match, queryParams, body);
  await rates.afterMerge(input);
  checkInput(match.compiled, input, deps.schemas, (body?.size ?? 0) + request.url.length);
  addGatewayFields(input, request, match, path, queryParams, caller);

  const execution: Execution = {
    requestId: request.requestId,
    holder: number === 1 ? request.requestId : `${request.requestId}.2`,
    match,
    principal: caller.principal,
    callerToken: caller.token,
    input,
    traceparent: traceparentOf(request),
    remaining: () => Math.max(0, request.receivedAt + route.timeoutMs - performance.now()),
    patience: () => patienceOf(prefers, request.receivedAt),
    idempotency: key === undefined ? undefined : { key, digest: await requestDigest(request) },
    hungUp: request.hungUp(),
  };
  const answer = await run(match, execution, request, deps);
  if (answer.outcome.kind === 'stale') return 'stale';
  if (answer.cacheStatus !== undefined) {
    headers['cache-status'] = answer.cacheStatus;
    request.matched.cache = cacheOutcomeOf(answer.cacheStatus);
  }
  const applied = appliedPreferences(prefers, answer.outcome);
  if (applied !== undefined) headers['preference-applied'] = applied;
  if (answer.outcome.replayed) headers['idempotency-replayed'] = 'true';
  const { kept } = answer;
  if (kept && answer.outcome.kind === 'ok') {
    Object.assign(headers, storedHeaders(kept, match, headers));
    if (isNotModified(request, kept.etag)) return { status: 304, headers, body: undefined };
  }
  return renderAnswer(answer.outcome, edge.service, headers);
}

async function run(match: RouteMatch, execution: Execution, request: Request, deps: Deps): Promise<Answer> {
  const { cacheKey, route } = match.compiled;
  if (cacheKey) return answerCached(execution, callerControlOf(request, route.cache?.callerControl ?? false), deps);
  const { outcome } = await deps.executor.execute(execution, undefined);
  return { outcome };
}

function traceparentOf(request: Request): string {
  const value = request.headers.traceparent;
  return typeof value === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(value) ? value : '';
}
