import { hostname } from 'node:os';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ConductorError } from '../errors.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { type Context, sendText } from './context.ts';
import { metadataRoutes } from './metadata-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import { queueRoutes } from './queue-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { signalRoutes } from './signal-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { unsupportedRoutes } from './unsupported-routes.ts';
import { workflowRoutes } from './workflow-routes.ts';

/** The version of Conductor OSS that this server behaves like. */
const CONDUCTOR_VERSION = '3.32.3';

/** The largest body taken, in bytes: the real server's limit for a workflow's input (10 MB) and room for the rest. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The HTTP server of the API, not yet listening. */
export function createHttpServer(context: Context): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1000 },
  });
  readBodies(app);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, context));
  const paths = collectPaths(app);
  app.setNotFoundHandler((request, reply) => answerUnknown(paths, request, reply));
  for (const path of ['/health', '/api/health']) {
    app.get(path, () => ({ healthResults: [], suppressedHealthResults: [], healthy: true }));
  }
  app.get('/api/version', (_request, reply) => sendText(reply, CONDUCTOR_VERSION));
  workflowRoutes(app, context);
  operationRoutes(app, context);
  bulkRoutes(app, context);
  searchRoutes(app, context);
  taskRoutes(app, context);
  queueRoutes(app, context);
  signalRoutes(app, context);
  metadataRoutes(app, context);
  unsupportedRoutes(app);
  return app;
}

/** Bodies stay text until a route reads them: one that needs none takes any. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

const instance = hostname();

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, context: Context) {
  if (error instanceof ConductorError) {
    const { status, message, violations } = error;
    // The real server leaves `instance` out of an answer with validation errors.
    const rest =
      violations.length > 0
        ? { retryable: false, validationErrors: violations }
        : { instance, retryable: status === 429 };
    return reply.code(status).send({ status, message, ...rest });
  }
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status >= 500) context.onError(error, request);
  return reply.code(status).send({ status, message: (error as Error).message, instance, retryable: false });
}

/** 405 when the path is there for another method, else 404. */
function answerUnknown(paths: readonly RegExp[], request: FastifyRequest, reply: FastifyReply) {
  const [path = ''] = request.url.split('?');
  const known = paths.some((pattern) => pattern.test(path));
  const status = known ? 405 : 404;
  const message = known
    ? `Request method '${request.method}' is not supported`
    : `No static resource ${path.slice(1)}.`;
  return reply.code(status).send({ status, message, instance, retryable: false });
}

/** The paths of all routes added from now on. */
function collectPaths(app: FastifyInstance): RegExp[] {
  const paths = new Map<string, RegExp>();
  const collected: RegExp[] = [];
  app.addHook('onRoute', ({ url }) => {
    if (paths.has(url)) return;
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}$`);
    paths.set(url, pattern);
    collected.push(pattern);
  });
  return collected;
}
