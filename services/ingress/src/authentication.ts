import type { Logger } from '@rostrum/service/logger';
import type { Settings } from './config.ts';
import { discoverKeys } from './oidc/discover.ts';
import { Issuers } from './oidc/issuers.ts';
import { TokenVerifier } from './oidc/verify-token.ts';
import { authenticate } from './pipeline/authenticate.ts';
import type { Deps } from './pipeline/deps.ts';
import { FailedAttempts } from './pipeline/failed-attempts.ts';

/** Puts together what says who calls: one cache of issuers and one count of failures for all services of the process. */
export function authenticationBy(
  settings: Settings,
  log: Logger,
  onLooked: (ok: boolean) => void,
): Deps['authenticate'] {
  const issuers = new Issuers({
    discover: (issuer) => discoverKeys(issuer, settings.OIDC_TIMEOUT_MS),
    refreshMs: settings.OIDC_REFRESH_MS,
    floorMs: settings.OIDC_FLOOR_MS,
    staleMs: settings.OIDC_STALE_MS,
    onLooked(issuer, error) {
      onLooked(error === undefined);
      if (error !== undefined) log.warn({ issuer, err: error }, 'the keys of an issuer cannot be read');
    },
  });
  const attempts = new FailedAttempts({
    perAddress: settings.AUTH_FAILURES_PER_ADDRESS,
    perCredential: settings.AUTH_FAILURES_PER_CREDENTIAL,
    windowMs: settings.AUTH_FAILURES_WINDOW_MS,
  });
  const authentication = { digestKey: settings.DIGEST_KEY, tokens: new TokenVerifier(issuers), attempts };
  return (request, { auth }) => authenticate(request, { auth }, authentication);
}
