import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseIfAny } from '../errors.ts';
import { taskIndex, workflowIndex } from '../search/indexes.ts';
import { type SearchRequest, search } from '../search/search.ts';
import { taskSummary, workflowSummary } from '../search/summaries.ts';
import type { Context } from './context.ts';
import { Query } from './query.ts';
import { taskView, workflowView } from './views.ts';

const MAX_SIZE = 5000;

/** Searches: by the fields of workflows or of their tasks, for summaries or (`-v2`) for the things themselves. */
export function searchRoutes(app: FastifyInstance, { engine }: Context): void {
  const workflows = (request: FastifyRequest, operation: string) =>
    search(workflowIndex(engine), readSearch(request, operation));
  const byTasks = (request: FastifyRequest, operation: string) => {
    const { totalHits, results } = search(taskIndex(engine), readSearch(request, operation));
    return { totalHits, results: [...new Set(results.map(({ workflow }) => workflow))] };
  };

  app.get('/api/workflow/search', (request) => shown(workflows(request, 'searchWorkflows'), workflowSummary));
  app.get('/api/workflow/search-v2', (request) =>
    shown(workflows(request, 'searchWorkflowsV2'), (workflow) => workflowView(workflow, false)),
  );
  app.get('/api/workflow/search-by-tasks', (request) =>
    shown(byTasks(request, 'searchWorkflowsByTasks'), workflowSummary),
  );
  app.get('/api/workflow/search-by-tasks-v2', (request) =>
    shown(byTasks(request, 'searchWorkflowsByTasksV2'), (workflow) => workflowView(workflow, false)),
  );
  app.get('/api/tasks/search', (request) =>
    shown(search(taskIndex(engine), readSearch(request, 'search')), taskSummary),
  );
  app.get('/api/tasks/search-v2', (request) =>
    shown(search(taskIndex(engine), readSearch(request, 'searchV2')), taskView),
  );
}

function shown<Row, View>(found: { totalHits: number; results: Row[] }, view: (row: Row) => View) {
  return { totalHits: found.totalHits, results: found.results.map(view) };
}

/** @throws {ConductorError} 400 when more is asked for than there may be, 500 for what is no number. */
function readSearch(request: FastifyRequest, operation: string): SearchRequest {
  const query = new Query(request.url);
  const size = query.integer('size', 100);
  if (size > MAX_SIZE) {
    const message = `Cannot return more than ${MAX_SIZE} workflows. Please use pagination.`;
    refuseIfAny([{ path: `${operation}.arg1`, message, invalidValue: String(size) }]);
  }
  return {
    query: query.text('query'),
    freeText: query.text('freeText') ?? '*',
    sort: query.text('sort'),
    start: query.integer('start', 0),
    size,
  };
}
