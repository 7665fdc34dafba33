import type { Bus, Responder } from '@rostrum/shared/bus';
import { decodeJson, routeTrial, routeTrialAnswer, trialHeaders } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { queues } from '@rostrum/shared/subjects';
import type { Logger } from '@rostrum/service/logger';
import type { Request } from '../pipeline/context.ts';
import type { Deps } from '../pipeline/deps.ts';
import { tryRoute } from '../pipeline/try-route.ts';
import type { ConfigSource } from '../routing/feed.ts';
import { compileRevision } from '../routing/service-routes.ts';

export interface TrialOptions {
  source: Pick<ConfigSource, 'edge'>;
  /** Largest body of a request (bytes), as for callers. */
  bodyLimit: number;
  newRequestId(): string;
  deps: Deps;
  log: Logger;
}

/** At the same time in one process: they are for people, and callers come first. */
const MOST = 16;
const none = new Uint8Array(0);

/** Serves the requests that administrators try routes with, shared among all ingresses. */
export function serveTrials(bus: Bus, { source, bodyLimit, newRequestId, deps, log }: TrialOptions): Responder {
  let running = 0;
  const tryOne = async (payload: Uint8Array): Promise<Uint8Array> => {
    const { service, revision, method, url, headers, body, tester } = routeTrial.decode(payload);
    const edge = await source.edge(service, revision).catch(() => undefined);
    if (edge === undefined) return refusal('The service’s last change is not out yet; try again in a moment.');
    const request: Request = {
      requestId: newRequestId(),
      method,
      url,
      headers: decodeJson(trialHeaders, Buffer.from(headers)),
      receivedAt: performance.now(),
      // The tester's own connection is config's, which tells nobody when it goes: the route's time ends the request.
      hungUp: () => new AbortController().signal,
      async readBody() {
        if (body.length > bodyLimit)
          throw new Problem('payload-too-large', `The body is larger than ${bodyLimit} bytes.`);
        return Buffer.from(body);
      },
    };
    const { reply, report } = await tryRoute(request, await compileRevision(edge), tester, deps);
    const { requestId } = request;
    log.info({ requestId, method, path: url.split('?', 1)[0], status: reply.status, tester }, 'request tried');
    return routeTrialAnswer.encode({
      refusal: '',
      status: reply.status,
      headers: JSON.stringify(reply.headers),
      body: reply.body ?? none,
      report: JSON.stringify(report),
    });
  };
  return bus.serve(bus.subjects.trials, queues.ingress, async ({ payload }) => {
    if (running >= MOST) return refusal('Too many requests are being tried at once; try again.');
    running += 1;
    try {
      return await tryOne(payload);
    } finally {
      running -= 1;
    }
  });
}

function refusal(sentence: string): Uint8Array {
  return routeTrialAnswer.encode({ refusal: sentence, status: 0, headers: '{}', body: none, report: '{}' });
}
