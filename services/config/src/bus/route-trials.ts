import { type Bus, BusError } from '@rostrum/shared/bus';
import { decodeJson, routeTrial, routeTrialAnswer, trialReport } from '@rostrum/shared/messages';
import { z } from 'zod';
import { AdminProblem } from '../problems.ts';
import type { TriedRequest, TriedRoute, TryRoute } from '../trials/try-route.ts';

/** How long an ingress may take beside the time that the route has (ms): it waits a grace for its executor. */
const GRACE_MS = 10_000;

const replyHeaders = z.record(z.string(), z.string());

/** Has any ingress run the request against exactly the revision that it names. */
export function createRouteTrials(bus: Bus): TryRoute {
  return async ({ headers, longestMs, ...request }: TriedRequest): Promise<TriedRoute> => {
    const trial = routeTrial.encode({ ...request, headers: JSON.stringify(headers) });
    const answer = await bus
      .request(bus.subjects.trials, trial, { timeoutMs: longestMs + GRACE_MS, maxItems: 1 })
      .catch((error: unknown) => {
        throw error instanceof BusError ? toProblem(error) : error;
      });
    const { refusal, status, headers: answered, body, report } = routeTrialAnswer.decode(answer);
    if (refusal !== '') throw new AdminProblem('service-unavailable', refusal);
    return {
      status,
      headers: decodeJson(replyHeaders, Buffer.from(answered)),
      body,
      report: decodeJson(trialReport, Buffer.from(report)),
    };
  };
}

function toProblem(error: BusError): AdminProblem {
  const away = (detail: string) => new AdminProblem('service-unavailable', detail, {}, error);
  switch (error.fault) {
    case 'no-responders':
      return away('No ingress is there to try the route; start one, of this release. Nothing was run.');
    case 'disconnected':
    case 'closed':
      return away('NATS is away; nothing was run. Try again.');
    case 'too-large':
      return new AdminProblem('payload-too-large', 'The request is larger than the bus carries.', {}, error);
    case 'response-too-large':
      return new AdminProblem('payload-too-large', 'The answer is larger than the bus carries.', {}, error);
    default:
      return away('The ingress that had the request did not answer; the route may have been run.');
  }
}
