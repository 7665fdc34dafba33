import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Task } from '../engine/model.ts';
import { isTerminal } from '../engine/model.ts';
import { addLogs } from '../engine/task-logs.ts';
import { badRequest, ConductorError, notFound, unreadable } from '../errors.ts';
import { readMap, readResultStatus, readTaskResult, signalledResult } from './bodies.ts';
import { Query } from './query.ts';
import { type Context, jsonBody, sendText } from './context.ts';
import { taskView, workflowView } from './views.ts';
import { untilGone } from './until-gone.ts';

/** How long a poll may wait for a task at most, and how long one for a single task waits (ms). */
const MAX_POLL_MS = 5000;
const SINGLE_POLL_MS = 100;

interface ByReference {
  Params: { workflowId: string; reference: string; status: string };
}

/** `/api/tasks`: what workers use. */
export function taskRoutes(app: FastifyInstance, context: Context): void {
  const { engine } = context;

  const poll = (request: FastifyRequest, type: string, count: number, timeoutMs: number) => {
    const query = new Query(request.url);
    return untilGone(request, context.stopping, (signal) =>
      engine.poll(type, query.text('workerid'), count, timeoutMs, { signal, domain: query.text('domain') }),
    );
  };

  app.get<{ Params: { type: string } }>('/api/tasks/poll/:type', async (request, reply) => {
    const [task] = await poll(request, request.params.type, 1, SINGLE_POLL_MS);
    return sendTask(reply, task);
  });

  app.get<{ Params: { type: string } }>('/api/tasks/poll/batch/:type', async (request) => {
    const query = new Query(request.url);
    const timeoutMs = query.integer('timeout', SINGLE_POLL_MS);
    if (timeoutMs > MAX_POLL_MS) throw badRequest('Long Poll Timeout value cannot be more than 5 seconds');
    const tasks = await poll(request, request.params.type, query.integer('count', 1), timeoutMs);
    return tasks.map(taskView);
  });

  app.post('/api/tasks/update-v2', async (request, reply) => {
    const result = readResultV2(request);
    if (result.extendLease) {
      engine.extendLease(result.taskId);
      return sendTask(reply, undefined);
    }
    const task = await engine.updateTask(result);
    if (!isTerminal(task.status)) return sendTask(reply, undefined);
    const [next] = await engine.poll(task.taskType, result.workerId, 1, 0, { domain: task.domain });
    return sendTask(reply, next);
  });

  app.post('/api/tasks', async (request, reply) => {
    const result = readTaskResult(jsonBody(request));
    if (result.extendLease) engine.extendLease(result.taskId);
    else await engine.updateTask(result);
    return sendText(reply, result.taskId);
  });

  /** Ends or signals the open task under a reference name; undefined when there is none. */
  const updateByReference = async (request: FastifyRequest<ByReference>): Promise<Task | undefined> => {
    const { workflowId, reference, status } = request.params;
    const output = readMap(jsonBody(request));
    const result = readResultStatus(status);
    const task = engine.openTask(workflowId, reference);
    if (!task) return undefined;
    const workerId = new Query(request.url).text('workerid') ?? task.workerId;
    return engine.updateTask({ ...signalledResult(task, result, output), workerId });
  };

  app.post<ByReference>('/api/tasks/:workflowId/:reference/:status', async (request, reply) => {
    const task = await updateByReference(request);
    return sendText(reply, task?.taskId ?? '');
  });

  app.post<ByReference>('/api/tasks/:workflowId/:reference/:status/sync', async (request) => {
    const { workflowId, reference } = request.params;
    if (!(await updateByReference(request))) {
      throw notFound(`Found no running task ${reference} of workflow ${workflowId} to update`);
    }
    return workflowView(engine.workflow(workflowId), true);
  });

  app.get<{ Params: { id: string } }>('/api/tasks/:id', (request) => {
    const task = engine.findTask(request.params.id);
    if (!task) throw notFound(`Task not found for taskId: ${request.params.id}`);
    return taskView(task);
  });

  app.get<{ Params: { id: string } }>('/api/tasks/:id/log', (request, reply) => {
    const logs = engine.findTask(request.params.id)?.logs ?? [];
    const inTime = logs.toSorted((a, b) => Number(a.createdTime) - Number(b.createdTime));
    return logs.length > 0 ? reply.send(inTime) : reply.code(204).send();
  });

  app.post<{ Params: { id: string } }>('/api/tasks/:id/log', (request, reply) => {
    if (!request.body) throw unreadable('Required request body is missing');
    const task = engine.findTask(request.params.id);
    // What is said of a task that is not there the real server keeps; here it is dropped.
    if (task) addLogs(task, [{ log: request.body, createdTime: Date.now() }]);
    return reply.send();
  });
}

/** The real server answers 500, not 400, when a member is missing here. */
function readResultV2(request: FastifyRequest) {
  const body = jsonBody(request);
  try {
    return readTaskResult(body);
  } catch (error) {
    if (!(error instanceof ConductorError) || error.violations.length === 0) throw error;
    throw unreadable(`Validation failed: ${error.violations.map(({ message }) => message).join(', ')}`);
  }
}

/** 204 when there is none. */
function sendTask(reply: FastifyReply, task: Task | undefined) {
  return task ? reply.send(taskView(task)) : reply.code(204).send();
}
