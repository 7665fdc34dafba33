import type { FastifyInstance } from 'fastify';
import { unsupported } from '../errors.ts';

/** Paths of the real server that this one does not serve: 501, naming them, instead of a 404 that could mean anything. */
const paths = {
  GET: [
    ...['/api/workflow/externalstoragelocation', '/api/workflow/external-storage-location'],
    ...['/api/tasks/externalstoragelocation', '/api/tasks/external-storage-location'],
    ...['/api/event', '/api/event/:name', '/api/queue/*', '/api/admin/*'],
    ...['/api/secrets', '/api/environment', '/api/agent/*'],
  ],
  POST: [
    ...['/api/workflow/test', '/api/workflow/bulk/search', '/api/event', '/api/queue/*', '/api/admin/*'],
    ...['/api/secrets', '/api/agent/*', '/api/a2a/*'],
  ],
  PUT: ['/api/event', '/api/secrets/:key'],
  DELETE: ['/api/event/:name', '/api/secrets/:key'],
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
