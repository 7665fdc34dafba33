import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pauseWorkflow, resumeWorkflow } from '../engine/pause-workflow.ts';
import { retryWorkflow } from '../engine/repeat-workflow.ts';
import { ConductorError, refuseIfAny } from '../errors.ts';
import { readList } from './bodies.ts';
import { type Context, jsonBody } from './context.ts';
import { restart } from './operation-routes.ts';
import { Query } from './query.ts';

const MAX_WORKFLOWS = 1000;

/** One operation for many workflows: what fails for one is told, and the others go on. */
export function bulkRoutes(app: FastifyInstance, context: Context): void {
  const { engine } = context;
  const bulk = (
    method: 'PUT' | 'POST' | 'DELETE',
    name: string,
    operation: string,
    act: (id: string, query: Query) => Promise<void> | void,
  ) =>
    app.route({
      method,
      url: `/api/workflow/bulk/${name}`,
      handler: async (request) => {
        const ids = readIds(request, operation);
        const query = new Query(request.url);
        const bulkErrorResults: Record<string, string> = {};
        const bulkSuccessfulResults: string[] = [];
        for (const id of ids) {
          try {
            await act(id, query);
            bulkSuccessfulResults.push(id);
          } catch (error) {
            if (!(error instanceof ConductorError)) throw error;
            bulkErrorResults[id] = error.message;
          }
        }
        return { bulkErrorResults, bulkSuccessfulResults };
      },
    });

  bulk('PUT', 'pause', 'pauseWorkflow', (id) => pauseWorkflow(engine, engine.workflow(id)));
  bulk('PUT', 'resume', 'resumeWorkflow', (id) => resumeWorkflow(engine, engine.workflow(id)));
  bulk('POST', 'retry', 'retry', (id) => retryWorkflow(engine, engine.workflow(id)));
  bulk('POST', 'restart', 'restart', (id, query) => restart(context, id, query.flag('useLatestDefinitions', false)));
  bulk('POST', 'terminate', 'terminate', (id, query) => engine.terminate(id, query.text('reason')));
  bulk('DELETE', 'remove', 'deleteWorkflow', (id, query) => engine.remove(id, query.flag('archiveWorkflow', true)));
  bulk('DELETE', 'terminate-remove', 'terminateRemove', (id, query) => {
    engine.terminate(id, query.text('reason'));
    engine.remove(id, false);
  });
}

/** @throws {ConductorError} 400 for none or too many, 500 for what is no list. */
function readIds(request: FastifyRequest, operation: string): string[] {
  const ids = readList(jsonBody(request), 'java.lang.String').map(String);
  const fault = (message: string) => refuseIfAny([{ path: `${operation}.arg0`, message }]);
  if (ids.length === 0) fault('WorkflowIds list cannot be null.');
  if (ids.length > MAX_WORKFLOWS) {
    fault(`Cannot process more than ${MAX_WORKFLOWS} workflows. Please use multiple requests.`);
  }
  return ids;
}
