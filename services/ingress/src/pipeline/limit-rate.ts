import { digestOf } from '@rostrum/shared/digest';
import { Problem } from '@rostrum/shared/problems';
import { resolveRateKey } from '@rostrum/shared/rate-key';
import { networkOf } from '../rates/network.ts';
import type { RateRule } from '../routing/rate-rule.ts';
import type { Input } from './build-input.ts';
import type { Request, RouteMatch } from './context.ts';
import type { Deps } from './deps.ts';

/** Counts requests over all ingresses. */
export interface RateLimiter {
  /** Whether one more request of this scope fits into the limit, and counts it. Never rejects. */
  take(rule: RateRule, scope: string): RateVerdict | Promise<RateVerdict>;
}

export interface RateVerdict {
  admitted: boolean;
  /** How many more would be admitted now, as far as this process knows. */
  remaining: number;
  /** Until there will be more (ms). */
  resetMs: number;
  /** The request does not count after all. */
  giveBack(): void;
}

/** The limits of a request: of its service, then of its route. */
export interface RateChecks {
  /** Those whose keys need nothing of the input. @throws {Problem} rate-limit-reached. */
  beforeBody(): Promise<void>;
  /** The others. @throws {Problem} rate-limit-reached. */
  afterMerge(input: Input): Promise<void>;
}

/** Longer scopes are kept by digest: values of the input may be as long as a body. */
const MAX_SCOPE_LENGTH = 200;
const done = Promise.resolve();
const none: RateChecks = { beforeBody: () => done, afterMerge: () => done };

/**
 * A request that a limit refuses counts for none. One that both admit counts, however it ends: a malformed body costs the
 * gateway no less. `headers` get the RateLimit fields (draft-ietf-httpapi-ratelimit-headers) of every limit looked at.
 */
export function rateChecks(
  request: Request,
  { service, compiled }: RouteMatch,
  principal: string,
  limiter: Deps['rates'],
  headers: Record<string, string>,
): RateChecks {
  const rules = rulesOf(service.rate, compiled.rate);
  if (!limiter || rules.length === 0) return none;
  const verdicts: (RateVerdict | undefined)[] = rules.map(() => undefined);
  const check = async (needsInput: boolean, input: Input) => {
    for (const [index, rule] of rules.entries()) {
      if (rule.key.needsInput !== needsInput) continue;
      const verdict = await limiter.take(rule, scopeOf(rule, input, request, principal));
      verdicts[index] = verdict;
      Object.assign(headers, rateFields(rules, verdicts));
      if (verdict.admitted) continue;
      for (const other of verdicts) if (other?.admitted) other.giveBack();
      throw limitReached(rule, verdict);
    }
  };
  return { beforeBody: () => check(false, {}), afterMerge: (input) => check(true, input) };
}

function rulesOf(service: RateRule | undefined, route: RateRule | undefined): readonly RateRule[] {
  if (service) return route ? [service, route] : [service];
  return route ? [route] : [];
}

function scopeOf(rule: RateRule, input: Input, request: Request, principal: string): string {
  const address = request.address === undefined ? undefined : networkOf(request.address);
  const scope = rule.id + resolveRateKey(rule.key, { input, request: { principal, address } });
  return scope.length > MAX_SCOPE_LENGTH ? digestOf(scope) : scope;
}

/** Fields of the limits that were looked at, in the order of the rules. */
function rateFields(
  rules: readonly RateRule[],
  verdicts: readonly (RateVerdict | undefined)[],
): Record<'ratelimit-policy' | 'ratelimit', string> {
  let [policies, limits] = ['', ''];
  for (const [index, { of, policy }] of rules.entries()) {
    const verdict = verdicts[index];
    if (!verdict) continue;
    const comma = policies === '' ? '' : ', ';
    policies += comma + policy;
    limits += `${comma}"${of}";r=${verdict.remaining};t=${seconds(verdict.resetMs)}`;
  }
  return { 'ratelimit-policy': policies, ratelimit: limits };
}

function limitReached({ of, limit, windowMs }: RateRule, { resetMs }: RateVerdict): Problem {
  const retryAfter = Math.max(1, seconds(resetMs));
  const requests = `${limit} ${limit === 1 ? 'request' : 'requests'} in any ${windowMs / 1_000} s`;
  return new Problem('rate-limit-reached', `The ${of} takes ${requests} for this key; try again in ${retryAfter} s.`, {
    retryAfter,
  });
}

function seconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000));
}
