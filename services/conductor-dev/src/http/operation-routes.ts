import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fields } from '../definitions/fields.ts';
import { pauseWorkflow, resumeWorkflow } from '../engine/pause-workflow.ts';
import {
  innermostFailure,
  type Rerun,
  rerunWorkflow,
  restartWorkflow,
  retryWorkflow,
} from '../engine/repeat-workflow.ts';
import { resetCallbacks } from '../engine/reset-callbacks.ts';
import { skipTask } from '../engine/skip-task.ts';
import { notFound } from '../errors.ts';
import { type Context, jsonBody, sendText } from './context.ts';
import { Query } from './query.ts';

interface ById {
  Params: { id: string };
}

/** What can be done to a workflow that is there: pause, resume, retry, restart, rerun, skip. */
export function operationRoutes(app: FastifyInstance, context: Context): void {
  const { engine } = context;

  app.put<ById>('/api/workflow/:id/pause', async (request, reply) => {
    await pauseWorkflow(engine, engine.workflow(request.params.id));
    return reply.send();
  });

  app.put<ById>('/api/workflow/:id/resume', async (request, reply) => {
    await resumeWorkflow(engine, engine.workflow(request.params.id));
    return reply.send();
  });

  app.put<ById>('/api/workflow/decide/:id', async (request, reply) => {
    const workflow = engine.workflow(request.params.id);
    if (workflow.status === 'RUNNING') await engine.evaluate(workflow);
    return reply.send();
  });

  app.post<ById>('/api/workflow/:id/retry', async (request, reply) => {
    const resume = new Query(request.url).flag('resumeSubworkflowTasks', false);
    const workflow = engine.workflow(request.params.id);
    await retryWorkflow(engine, resume ? innermostFailure(engine, workflow) : workflow);
    return reply.code(204).send();
  });

  app.post<ById>('/api/workflow/:id/restart', async (request, reply) => {
    await restart(context, request.params.id, new Query(request.url).flag('useLatestDefinitions', false));
    return reply.code(204).send();
  });

  app.post<ById>('/api/workflow/:id/rerun', async (request, reply) => {
    const rerun = readRerun(request);
    await rerunWorkflow(engine, engine.workflow(request.params.id), rerun);
    return sendText(reply, request.params.id);
  });

  app.post<ById>('/api/workflow/:id/resetcallbacks', (request, reply) => {
    resetCallbacks(engine, engine.workflow(request.params.id));
    return reply.code(204).send();
  });

  // What stands in the body is ignored, as on the real server.
  app.put<{ Params: { id: string; reference: string } }>(
    '/api/workflow/:id/skiptask/:reference',
    async (request, reply) => {
      await skipTask(engine, engine.workflow(request.params.id), request.params.reference);
      return reply.send();
    },
  );
}

/** @throws {ConductorError} 404 or 409 */
export async function restart({ engine, definitions }: Context, id: string, latest: boolean): Promise<void> {
  const workflow = engine.workflow(id);
  const { name } = workflow.plan.def;
  const latestPlan = () => {
    if (!definitions.findWorkflow(name, undefined)) throw notFound(`Unable to find latest definition for ${id}`);
    return definitions.plan(name, undefined);
  };
  await restartWorkflow(engine, workflow, latest ? latestPlan : undefined);
}

function readRerun(request: FastifyRequest): Rerun {
  const fields = new Fields(jsonBody(request), 'com.netflix.conductor.common.metadata.workflow.RerunWorkflowRequest');
  return {
    taskId: fields.text('reRunFromTaskId'),
    taskInput: fields.object('taskInput', undefined),
    workflowInput: fields.object('workflowInput', undefined),
    correlationId: fields.text('correlationId'),
  };
}
