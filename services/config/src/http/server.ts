import type { Logger } from '@rostrum/service/logger';
import Fastify, { type FastifyInstance } from 'fastify';
import { AdminProblem } from '../problems.ts';
import type { AdminApi } from './api.ts';
import { authConfigRoutes } from './auth-configs.ts';
import { parseJsonBody } from './body.ts';
import { sendProblem, toProblem } from './errors.ts';
import { keyMaskRoutes } from './key-masks.ts';
import { routeRoutes } from './routes.ts';
import { serviceRoutes } from './services.ts';
import { tokenOf } from './request.ts';
import { tagRoutes } from './tags.ts';
import { tokenRoutes } from './token.ts';

export interface ServerOptions extends AdminApi {
  bodyLimit: number;
  log: Logger;
  /** Told of each answer. */
  onAnswered(method: string, status: number): void;
}

/** The admin API. Speaks the dialect of existing clients: success is always 200. */
export function createServer({ bodyLimit, log, onAnswered, ...api }: ServerOptions): FastifyInstance {
  const server = Fastify({
    bodyLimit,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2_000 },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  server.decorateRequest('caller', '');
  server.addHook('onResponse', async ({ method, url, caller }, { statusCode }) => {
    onAnswered(method, statusCode);
    // Who changed what: bodies, which may hold keys, are not logged.
    if (method !== 'GET') log.info({ method, url, status: statusCode, caller }, 'admin request');
  });
  server.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error, log)));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new AdminProblem('not-found', `There is no ${request.method} ${request.url.split('?')[0]} here.`),
    ),
  );
  void server.register(async (open) => tokenRoutes(open, api), { prefix: '/api' });
  void server.register(
    async (admin) => {
      admin.addHook('onRequest', async (request) => {
        request.caller = await api.tokens.verify(tokenOf(request));
      });
      authConfigRoutes(admin, api);
      keyMaskRoutes(admin, api);
      serviceRoutes(admin, api);
      routeRoutes(admin, api);
      tagRoutes(admin, api);
    },
    { prefix: '/api/gateway/config' },
  );
  return server;
}
