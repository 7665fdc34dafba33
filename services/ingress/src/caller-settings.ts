import { flag, milliseconds } from '@rostrum/service/settings';
import { networks } from '@rostrum/service/networks';
import { z } from 'zod';

const count = () => z.coerce.number().int().min(0);

/** Settings about who is calling. */
export const callerSettings = {
  TRUSTED_PROXIES: networks()
    .default([])
    .describe(
      'Addresses and networks (`10.0.0.0/8`) of the proxies in front of the gateway, comma-separated: their `FORWARDED_HEADER` says who calls. Without any it is not read.',
    ),
  FORWARDED_HEADER: z
    .enum(['x-forwarded-for', 'forwarded'])
    .default('x-forwarded-for')
    .describe(
      'Header in which trusted proxies say who calls: `x-forwarded-for`, or `forwarded` (RFC 7239). The other one is not read: a proxy that does not set it passes on what its client says.',
    ),
  PROXY_PROTOCOL_FROM: networks()
    .default([])
    .describe(
      'Addresses and networks of balancers that pass connections on as TCP and say by the PROXY protocol (version 1 or 2), ahead of each, who calls. Without any it is not read.',
    ),
  PROXY_PROTOCOL_REQUIRED: flag()
    .default(true)
    .describe(
      'Whether a connection of theirs that does not begin with it is closed. `false` while balancers are being changed: until all of them say it, a client could in their place.',
    ),
  AUTH_FAILURES_PER_ADDRESS: count()
    .default(60)
    .describe(
      'How many requests of one address may fail to authenticate within the window before it is told to wait; beyond ten times as many only credentials that were right from there before are looked at. 0: no limit.',
    ),
  AUTH_FAILURES_PER_CREDENTIAL: count()
    .default(20)
    .describe('How often one credential may fail within the window before it is told to wait. 0: no limit.'),
  AUTH_FAILURES_WINDOW_MS: milliseconds().default(60_000).describe('The window of these limits (ms).'),
  OIDC_REFRESH_MS: milliseconds()
    .default(600_000)
    .describe('How old an issuer’s keys become before newer ones are looked for (ms).'),
  OIDC_FLOOR_MS: milliseconds()
    .default(10_000)
    .describe('The least time between two looks for an issuer’s keys, whatever keys tokens name (ms).'),
  OIDC_STALE_MS: milliseconds()
    .default(86_400_000)
    .describe('How old an issuer’s keys may become while it does not answer (ms).'),
  OIDC_TIMEOUT_MS: milliseconds()
    .default(5_000)
    .describe('How long a look for an issuer’s keys may take, discovery included (ms).'),
};
