import { routeTrialSchema, scriptTrialSchema } from '@rostrum/contract/trials';
import type { FastifyInstance } from 'fastify';
import { AdminProblem } from '../problems.ts';
import type { ScriptRunner } from '../trials/run-script.ts';
import { triedRequest, triedView, type TryRoute } from '../trials/try-route.ts';
import { requireService } from '../write/services.ts';
import { parseBody } from '../write/validate.ts';
import type { AdminApi } from './api.ts';

/** What tries things out. */
export interface Trials {
  scripts: ScriptRunner;
  route: TryRoute;
}

/** Routes tried at the same time: each may take as long as its caller would have to wait. */
const MOST = 20;

/** Trying things out: nothing here changes the configuration. */
export function trialRoutes(server: FastifyInstance, { config }: AdminApi, trials: Trials): void {
  server.post('/test/script', async (request) => {
    const { script, payload } = parseBody(scriptTrialSchema, request.body).orRefuse([]);
    return trials.scripts.run(script, payload, request.caller);
  });

  let running = 0;
  server.post<{ Params: { id: string } }>('/services/:id/routes/test', async (request) => {
    const trial = parseBody(routeTrialSchema, request.body).orRefuse([]);
    if (running >= MOST) {
      throw new AdminProblem('service-unavailable', 'Too many routes are being tried at once; try again.');
    }
    running += 1;
    try {
      // What its tester has just written by another replica is to be tried, not what was there before.
      await config.catchUp();
      const service = requireService(config.state, request.params.id);
      return triedView(await trials.route(triedRequest(config.state, service, trial, request.caller)));
    } finally {
      running -= 1;
    }
  });
}
