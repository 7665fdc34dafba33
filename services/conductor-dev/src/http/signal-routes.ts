import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isTerminal, type Task } from '../engine/model.ts';
import { waitForWorkflow } from '../engine/wait-for-workflow.ts';
import { ConductorError, notFound } from '../errors.ts';
import { readMap, readResultStatus, signalledResult } from './bodies.ts';
import { type Context, jsonBody } from './context.ts';
import { Query } from './query.ts';
import { untilGone } from './until-gone.ts';
import { returnStrategies, signalResponse } from './views.ts';

const DEFAULT_WAIT_MS = 5000;

interface Signal {
  Params: { workflowId: string; status: string };
}

/** Results for the WAIT task that a workflow stands at, whatever its name. */
export function signalRoutes(app: FastifyInstance, { engine, stopping }: Context): void {
  /** Undefined: the workflow waits for no signal. @throws {ConductorError} 404, 500 */
  const signal = async (request: FastifyRequest<Signal>): Promise<Task | undefined> => {
    const { workflowId, status } = request.params;
    const result = readResultStatus(status);
    const output = readMap(jsonBody(request));
    const { tasks } = engine.workflow(workflowId);
    const task = tasks.find((one) => one.taskType === 'WAIT' && !isTerminal(one.status));
    if (!task) return undefined;
    return engine.updateTask(signalledResult(task, result, output));
  };

  app.post<Signal>('/api/tasks/:workflowId/:status/signal', async (request, reply) => {
    await signal(request);
    return reply.send();
  });

  app.post<Signal>('/api/tasks/:workflowId/:status/signal/sync', async (request, reply) => {
    const { workflowId } = request.params;
    const query = new Query(request.url);
    const strategy = query.choice('returnStrategy', returnStrategies, 'TARGET_WORKFLOW');
    const timeoutMs = query.integer('timeoutMillis', DEFAULT_WAIT_MS);
    if (!(await signal(request))) throw notFound(`Found no blocked task in workflow ${workflowId} to signal`);
    const workflow = engine.workflow(workflowId);
    const wait = await untilGone(request, stopping, (gone) =>
      waitForWorkflow(engine.timers, workflow, new Set(), timeoutMs, gone),
    );
    const response = signalResponse(workflow, wait, strategy, randomUUID());
    if (!response) throw new ConductorError(500, 'value');
    return reply.send(response);
  });
}
