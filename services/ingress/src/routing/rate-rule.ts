import { parseRateKey, type RateKey } from '@rostrum/shared/rate-key';
import type { RateLimit } from '@rostrum/shared/revision';

/** A rate limit as the pipeline uses it. */
export interface RateRule {
  readonly service: string;
  /** Whose limit it is; also its name in the RateLimit fields. */
  readonly of: 'service' | 'route';
  /** Begins the names of its scopes: what was counted within another window is another count. */
  readonly id: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly key: RateKey;
  /** Its entry in `RateLimit-Policy`. */
  readonly policy: string;
}

/** @throws when the key does not parse: config stores none such. */
export function compileRate(
  service: string,
  route: string | undefined,
  rate: RateLimit | undefined,
): RateRule | undefined {
  if (!rate) return undefined;
  const { limit, windowMs } = rate;
  const of = route === undefined ? 'service' : 'route';
  const id = JSON.stringify([service, route ?? '', windowMs]);
  const policy = `"${of}";q=${limit};w=${windowMs / 1_000}`;
  return { service, of, id, limit, windowMs, key: parseRateKey(rate.key), policy };
}
