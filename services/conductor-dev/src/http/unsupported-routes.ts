import type { FastifyInstance } from 'fastify';
import { unsupported } from '../errors.ts';

/** Paths of the real server that this one does not serve: 501, naming them, instead of a 404 that could mean anything. */
const paths = {
  GET: [
    ...['/api/workflow/search', '/api/workflow/search-v2', '/api/workflow/search-by-tasks'],
    ...['/api/workflow/search-by-tasks-v2', '/api/workflow/running/:name', '/api/workflow/:id/tasks'],
    ...['/api/workflow/externalstoragelocation', '/api/workflow/external-storage-location'],
    ...['/api/tasks/search', '/api/tasks/search-v2', '/api/tasks/queue/sizes', '/api/tasks/queue/all'],
    ...['/api/tasks/queue/all/verbose', '/api/tasks/queue/polldata', '/api/tasks/queue/polldata/all'],
    ...['/api/tasks/externalstoragelocation', '/api/tasks/external-storage-location'],
    ...[
      '/api/event',
      '/api/event/:name',
      '/api/queue/*',
      '/api/admin/*',
      '/api/secrets',
      '/api/environment',
      '/api/agent/*',
    ],
  ],
  POST: [
    ...['/api/workflow/test', '/api/workflow/:name/correlated', '/api/workflow/:id/rerun', '/api/workflow/:id/restart'],
    ...['/api/workflow/:id/retry', '/api/workflow/:id/resetcallbacks', '/api/workflow/bulk/:operation'],
    ...['/api/tasks/:workflowId/:status/signal', '/api/tasks/:workflowId/:status/signal/sync'],
    ...[
      '/api/tasks/queue/requeue/:type',
      '/api/metadata/workflow/validate',
      '/api/event',
      '/api/queue/*',
      '/api/admin/*',
    ],
    ...['/api/secrets', '/api/agent/*', '/api/a2a/*'],
  ],
  PUT: [
    ...['/api/workflow/decide/:id', '/api/workflow/:id/pause', '/api/workflow/:id/resume'],
    ...['/api/workflow/:id/skiptask/:reference', '/api/workflow/bulk/:operation', '/api/event', '/api/secrets/:key'],
  ],
  DELETE: [
    ...['/api/workflow/:id/terminate-remove', '/api/workflow/bulk/:operation', '/api/event/:name', '/api/secrets/:key'],
  ],
};

export function unsupportedRoutes(app: FastifyInstance): void {
  for (const [method, urls] of Object.entries(paths)) {
    for (const url of urls) {
      app.route({
        method,
        url,
        handler: (request) => {
          throw unsupported(`${request.method} ${request.url.split('?')[0]}`);
        },
      });
    }
  }
}
