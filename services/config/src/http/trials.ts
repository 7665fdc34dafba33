import type { FastifyInstance } from 'fastify';
import { scriptTrialSchema } from '@rostrum/contract/trials';
import type { ScriptRunner } from '../scripts/runner.ts';
import { parseBody } from '../write/validate.ts';

/** What tries things out. */
export interface Trials {
  scripts: ScriptRunner;
}

/** Trying things out: nothing here changes the configuration. */
export function trialRoutes(server: FastifyInstance, { scripts }: Trials): void {
  server.post('/test/script', async (request) => {
    const { script, payload } = parseBody(scriptTrialSchema, request.body).orRefuse([]);
    return scripts.run(script, payload, request.caller);
  });
}
