import type { Logger } from '@rostrum/service/logger';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { nobody } from '../domain/callers.ts';
import { AdminProblem } from '../problems.ts';
import { neededRoleOf, requireRole } from './access.ts';
import type { CacheService } from '../bus/cache.ts';
import type { AdminApi } from './api.ts';
import { applicationRoutes } from './applications.ts';
import { authConfigRoutes } from './auth-configs.ts';
import { authorizationRoutes } from './authorization.ts';
import { cacheRoutes } from './cache.ts';
import { parseJsonBody } from './body.ts';
import { type ConductorProxy, conductorProxy } from './conductor-proxy.ts';
import { refuseVainCondition } from './conditional.ts';
import { curlRoutes } from './curl.ts';
import { type AuditApi, auditRoutes, noteCall } from './audit.ts';
import { auditedPath } from '../audit/entry.ts';
import { type BackupApi, backupRoutes } from './backup.ts';
import { noteEnds } from './ends.ts';
import { historyRoutes } from './history.ts';
import { sendProblem, toProblem, unreadable } from './errors.ts';
import { type Executions, executionRoutes } from './executions.ts';
import { metricsRoutes } from './metrics.ts';
import { openApiRoutes, rememberRoutes } from './openapi.ts';
import { keyMaskRoutes } from './key-masks.ts';
import { routeRoutes } from './routes.ts';
import { schemaRoutes } from './schemas.ts';
import { secretRoutes } from './secrets.ts';
import { serviceRoutes } from './services.ts';
import { tokenOf } from './request.ts';
import { signingKeyRoutes } from './signing-keys.ts';
import { tagRoutes } from './tags.ts';
import { tokenRoutes } from './token.ts';
import { type Trials, trialRoutes } from './trials.ts';

export interface ServerOptions extends AdminApi {
  bodyLimit: number;
  /** Whose X-Forwarded-For says who calls. */
  trustedProxies: string[];
  log: Logger;
  trials: Trials;
  executions: Executions;
  cache: CacheService;
  /** Where calls go that are Conductor's; absent: they are answered with 404. */
  conductor?: ConductorProxy | undefined;
  /** Told of each answer. */
  onAnswered(method: string, status: number): void;
  audit: AuditApi;
  backup: BackupApi;
}

/** The admin API. Speaks the dialect of existing clients: success is always 200. */
export function createServer({
  bodyLimit,
  trustedProxies,
  log,
  trials,
  executions,
  cache,
  conductor,
  onAnswered,
  audit,
  backup,
  ...api
}: ServerOptions): FastifyInstance {
  const server = Fastify({
    bodyLimit,
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2_000 },
    // What the router refuses comes past the error handler.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, unreadable(error)),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  server.decorateRequest('caller');
  server.addHook('onRequest', async (request) => {
    request.caller = nobody;
    // Before anything else: a replica that cannot open the secrets would do some calls and fail at others.
    api.context.vault();
  });
  noteEnds(server, (request, end) => {
    const { status, cut } = end;
    const { method, url, caller } = request;
    onAnswered(method, status);
    // Who changed what: bodies, which may hold keys, are not logged.
    if (method !== 'GET')
      log.info(
        { method, url: auditedPath(url), status, caller: caller.name, ...(cut ? { cut } : {}) },
        'admin request',
      );
    noteCall(audit, request, end);
  });
  server.setErrorHandler((error, _request, reply) => sendProblem(reply, toProblem(error, log)));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new AdminProblem('not-found', `There is no ${request.method} ${request.url.split('?')[0]} here.`),
    ),
  );
  const registered = rememberRoutes(server);
  void server.register(async (open) => openApiRoutes(open, registered), { prefix: '/api/gateway/config' });
  void server.register(async (open) => tokenRoutes(open, api), { prefix: '/api' });
  const authenticate = async (request: FastifyRequest) => {
    request.caller = await api.tokens.verify(tokenOf(request));
    requireRole(request.caller, neededRoleOf(request));
    refuseVainCondition(request);
  };
  void server.register(
    async (admin) => {
      admin.addHook('onRequest', authenticate);
      schemaRoutes(admin, api);
      applicationRoutes(admin, api);
      authorizationRoutes(admin, api);
    },
    { prefix: '/api' },
  );
  void server.register(
    async (admin) => {
      admin.addHook('onRequest', authenticate);
      authConfigRoutes(admin, api);
      keyMaskRoutes(admin, api);
      serviceRoutes(admin, api);
      routeRoutes(admin, api);
      metricsRoutes(admin, api);
      cacheRoutes(admin, api, cache);
      tagRoutes(admin, api);
      trialRoutes(admin, api, trials);
      curlRoutes(admin, api);
      executionRoutes(admin, api, executions);
      signingKeyRoutes(admin, api);
      historyRoutes(admin, api);
      auditRoutes(admin, audit);
      secretRoutes(admin, api, backup.masterKeys);
      backupRoutes(admin, api, backup);
    },
    { prefix: '/api/gateway/config' },
  );
  if (conductor) {
    const { tokens } = api;
    void server.register(async (scope) => conductorProxy(scope, { ...conductor, tokens, bodyLimit, log }), {
      prefix: '/api',
    });
  }
  return server;
}
