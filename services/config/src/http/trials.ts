import { routeTrialSchema, scriptTrialSchema } from '@rostrum/contract/trials';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AdminProblem } from '../problems.ts';
import type { ScriptRunner } from '../trials/run-script.ts';
import { triedRequest, triedView, type TryRoute } from '../trials/try-route.ts';
import { requireService } from '../write/services.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';

/** What tries things out. */
export interface Trials {
  scripts: ScriptRunner;
  route: TryRoute;
}

/** Routes tried at the same time: each may take as long as its caller would have to wait. */
const MOST = 20;

const tag = 'Trying things out';
const scriptTrial = z.object({
  result: z.unknown().optional(),
  error: z
    .object({ code: z.string(), message: z.string(), line: z.number().optional(), column: z.number().optional() })
    .optional(),
  logs: z.array(z.string()),
  durationMs: z.number(),
});
const routeTrial = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  requestId: z.string(),
  workflowId: z.string().optional(),
  cache: z.object({ asked: z.boolean(), status: z.string().optional() }),
  timings: z.record(z.string(), z.number()).describe('ms, by step'),
});

/** Trying things out: nothing here changes the configuration. */
export function trialRoutes(server: FastifyInstance, { config }: AdminApi, trials: Trials): void {
  const scripts = about({ tag, summary: 'Runs a script in the sandbox', body: scriptTrialSchema, answer: scriptTrial });
  server.post('/test/script', scripts, async (request) => {
    const { script, payload } = parseBody(scriptTrialSchema, request.body).orRefuse([]);
    return trials.scripts.run(script, payload, request.caller.keyId);
  });

  let running = 0;
  const summary = 'Sends a request the real way, as a caller would';
  const routes = about({ tag, summary, body: routeTrialSchema, answer: routeTrial });
  server.post<{ Params: { id: string } }>('/services/:id/routes/test', routes, async (request) => {
    const trial = parseBody(routeTrialSchema, request.body).orRefuse([]);
    if (running >= MOST) {
      throw new AdminProblem('service-unavailable', 'Too many routes are being tried at once; try again.');
    }
    running += 1;
    try {
      // What its tester has just written by another replica is to be tried, not what was there before.
      await config.catchUp();
      const service = requireService(config.state, request.params.id);
      return triedView(await trials.route(triedRequest(config.state, service, trial, request.caller.keyId)));
    } finally {
      running -= 1;
    }
  });
}
