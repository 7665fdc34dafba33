import type { Logger } from '@rostrum/service/logger';
import { isSampled } from '@rostrum/shared/ids';
import type { Settings } from './config.ts';
import type { Reply, Request } from './pipeline/context.ts';
import type { Steps } from './pipeline/steps.ts';

/**
 * One line for each request, or for a sample of them; those answered 500 or above and those that were slow always have
 * theirs. Nothing of what may be secret: no headers, no query, no body. Undefined where it is switched off.
 */
export function createAccessLog(
  settings: Pick<Settings, 'ACCESS_LOG' | 'ACCESS_LOG_SAMPLE' | 'ACCESS_LOG_SLOW_MS'>,
  log: Logger,
): ((request: Request, reply: Reply) => void) | undefined {
  const { ACCESS_LOG, ACCESS_LOG_SAMPLE: share, ACCESS_LOG_SLOW_MS: slowMs } = settings;
  if (!ACCESS_LOG) return undefined;
  // Looking for secrets in a line costs most of what it costs, and these have no room for any.
  const lines = log.child({}, { redact: [] });
  return (request, reply) => {
    const ms = performance.now() - request.receivedAt;
    const { requestId, method, url, matched, principal, address, bytesIn } = request;
    const { status, problem, headers, body } = reply;
    if (status < 500 && ms < slowMs && !isSampled(requestId, share)) return;
    const mark = url.indexOf('?');
    const line = {
      requestId,
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      service: matched?.service,
      route: matched?.route,
      status,
      problem,
      cache: headers['cache-status'],
      principal,
      address,
      bytesIn: bytesIn ?? 0,
      bytesOut: body?.length ?? 0,
      ms: rounded(ms),
      steps: request.steps && roundedSteps(request.steps),
    };
    lines.info(line, 'request');
  };
}

/** To hundredths; what is undefined is left out of the line. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100;
}

function roundedSteps({ match, auth, body, input, cache, execute }: Steps) {
  return {
    match: rounded(match),
    auth: rounded(auth),
    body: rounded(body),
    input: rounded(input),
    cache: rounded(cache),
    execute: rounded(execute),
  };
}
