import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Workflow } from '../engine/model.ts';
import { waitForWorkflow } from '../engine/wait-for-workflow.ts';
import { ConductorError, notFound } from '../errors.ts';
import { runningIds } from '../search/running.ts';
import { readList, readMap, readStart, requireName } from './bodies.ts';
import { Query, readInteger } from './query.ts';
import { type Context, jsonBody, sendText } from './context.ts';
import { untilGone } from './until-gone.ts';
import { returnStrategies, signalResponse, statusView, taskView, workflowView } from './views.ts';

const DEFAULT_WAIT_SECONDS = 10;

/** `/api/workflow`: start, execute, look, terminate. */
export function workflowRoutes(app: FastifyInstance, context: Context): void {
  const { engine, definitions } = context;

  app.post('/api/workflow', async (request, reply) => {
    const start = readStart(jsonBody(request));
    const name = requireName(start.name);
    const plan = start.workflowDef
      ? await definitions.planGiven(start.workflowDef)
      : definitions.plan(name, start.version);
    return sendText(reply, (await engine.start(plan, start)).workflowId);
  });

  app.post<{ Params: { name: string } }>('/api/workflow/:name', async (request, reply) => {
    const { name } = request.params;
    const query = new Query(request.url);
    const version = query.integer('version', undefined);
    const input = readMap(jsonBody(request));
    if (!definitions.findWorkflow(name, version)) {
      throw notFound(`No such workflow found by name: ${name}, version: ${version ?? null}`);
    }
    const workflow = await engine.start(definitions.plan(name, version), {
      input,
      correlationId: query.text('correlationId'),
      priority: query.integer('priority', 0),
      createdBy: undefined,
    });
    return sendText(reply, workflow.workflowId);
  });

  app.post<{ Params: { name: string; version: string } }>(
    '/api/workflow/execute/:name/:version',
    async (request, reply) => {
      const query = new Query(request.url);
      const version = readInteger('version', request.params.version) || undefined;
      const waitSeconds = query.integer('waitForSeconds', DEFAULT_WAIT_SECONDS) || DEFAULT_WAIT_SECONDS;
      const strategy = query.choice('returnStrategy', returnStrategies, 'TARGET_WORKFLOW');
      const references = (query.text('waitUntilTaskRef') ?? '').split(',').map((text) => text.trim());
      const start = readStart(jsonBody(request));
      const plan = start.workflowDef
        ? await definitions.planGiven(start.workflowDef)
        : definitions.plan(request.params.name, version);
      const workflow = await engine.start(plan, start);
      const wait = await untilGone(request, context.stopping, (signal) =>
        waitForWorkflow(engine.timers, workflow, new Set(references), waitSeconds * 1000, signal),
      );
      const response = signalResponse(workflow, wait, strategy, query.text('requestId') ?? randomUUID());
      // What the real server says when a blocking task is wanted and none blocks.
      if (!response) throw new ConductorError(500, 'value');
      return reply.send(response);
    },
  );

  app.get<{ Params: { id: string } }>('/api/workflow/:id', (request) =>
    workflowView(engine.workflow(request.params.id), new Query(request.url).flag('includeTasks', true)),
  );

  app.get<{ Params: { id: string } }>('/api/workflow/:id/status', (request) => {
    const query = new Query(request.url);
    const workflow = engine.workflow(request.params.id);
    return statusView(workflow, query.flag('includeOutput', false), query.flag('includeVariables', false));
  });

  app.get<{ Params: { name: string; correlationId: string } }>(
    '/api/workflow/:name/correlated/:correlationId',
    (request) => {
      const query = new Query(request.url);
      const { name, correlationId } = request.params;
      const found = engine.correlated(name, correlationId, query.flag('includeClosed', false));
      return viewAll(found, query.flag('includeTasks', false));
    },
  );

  app.post<{ Params: { name: string } }>('/api/workflow/:name/correlated', (request) => {
    const query = new Query(request.url);
    const ids = readList(jsonBody(request), 'java.lang.String').map(String);
    const find = (id: string) => engine.correlated(request.params.name, id, query.flag('includeClosed', false));
    return Object.fromEntries(ids.map((id) => [id, viewAll(find(id), query.flag('includeTasks', false))]));
  });

  app.get<{ Params: { id: string } }>('/api/workflow/:id/tasks', (request) => {
    const query = new Query(request.url);
    const statuses = query.texts('status').flatMap((text) => text.split(','));
    const [start, count] = [query.integer('start', 0), query.integer('count', 15)];
    const { tasks } = engine.workflow(request.params.id);
    const found = tasks.filter(({ status }) => statuses.length === 0 || statuses.includes(status));
    return { totalHits: found.length, results: found.slice(start, start + count).map(taskView) };
  });

  app.get<{ Params: { name: string } }>('/api/workflow/running/:name', (request) => {
    const query = new Query(request.url);
    query.integer('version', undefined);
    const window = [query.long('startTime') ?? 0, query.long('endTime') ?? 0] as const;
    return runningIds(engine, request.params.name, window);
  });

  app.delete<{ Params: { id: string } }>('/api/workflow/:id/terminate-remove', (request, reply) => {
    engine.terminate(request.params.id, new Query(request.url).text('reason'));
    engine.remove(request.params.id, false);
    return reply.send();
  });

  app.delete<{ Params: { id: string } }>('/api/workflow/:id', (request, reply) => {
    engine.terminate(request.params.id, new Query(request.url).text('reason'));
    return reply.send();
  });

  app.delete<{ Params: { id: string } }>('/api/workflow/:id/remove', (request, reply) => {
    engine.remove(request.params.id, new Query(request.url).flag('archiveWorkflow', true));
    return reply.send();
  });
}

function viewAll(workflows: readonly Workflow[], includeTasks: boolean) {
  return workflows.map((workflow) => workflowView(workflow, includeTasks));
}
