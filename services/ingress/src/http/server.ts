import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@rostrum/service/logger';
import { SettingsError } from '@rostrum/service/settings';
import { Problem } from '@rostrum/shared/problems';
import Fastify, { type FastifyReply } from 'fastify';
import type { Settings } from '../config.ts';
import type { Reply, Request } from '../pipeline/context.ts';
import { Answers } from './answers.ts';
import { Certificates, type KeyPair } from './certificates.ts';
import { addressesOf } from './client-address.ts';
import { createCompressor } from './compress.ts';
import { drainConnections } from './drain.ts';
import { Intake } from './intake.ts';
import { createListener } from './listener.ts';
import type { HttpMetrics } from './metrics.ts';

export interface HttpOptions {
  settings: Settings;
  log: Logger;
  metrics: HttpMetrics;
  newRequestId(): string;
  handle(request: Request): Promise<Reply>;
  onAnswered(request: Request, reply: Reply): void;
}

export interface HttpServer {
  /** `secure` says whether it speaks TLS. */
  listen(): Promise<{ port: number; secure: boolean }>;
  /**
   * For a moment every answer says that its connection is closing, so that clients leave by themselves; then nothing
   * new is accepted, and the requests under way are finished.
   */
  drain(): Promise<void>;
}

/**
 * The HTTP side: every request goes to `handle`; bodies are read by the pipeline, when it wants them.
 *
 * @throws {SettingsError} when the certificate cannot be used.
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { settings, metrics, handle } = options;
  const certificates = certificatesOf(options);
  const secure = certificates !== undefined;
  const pair = await certificates?.load().catch((error: Error): never => {
    throw new SettingsError(`TLS_CERT_FILE, TLS_KEY_FILE: cannot be used: ${error.message}`);
  });
  const answers = new Answers({ ...options, secure, addressOf: (from) => addressOf(from) });
  const intake = new Intake(settings, answers, metrics);
  metrics.watch(() => intake.connections.count);
  const compress = createCompressor({ codings: settings.COMPRESSION, fromBytes: settings.COMPRESS_FROM_BYTES });

  const app = Fastify({
    logger: false,
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => intake.refuseUnreadable(error, socket),
    serverFactory(next) {
      const server = createListener(settings, pair);
      intake.listenTo(server, secure, next);
      return server;
    },
    frameworkErrors: (error, { raw }) => refuse(raw, 'malformed-request', 'The request line cannot be read.', error),
  });
  const refuse = (
    raw: IncomingMessage,
    code: 'malformed-request' | 'unsupported-media-type',
    detail: string,
    error: unknown,
  ) => answers.refuse(intake.exchangeOf(raw), new Problem(code, detail, {}, error));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const handler = async ({ raw }: { raw: IncomingMessage }, reply: FastifyReply) => {
    const exchange = intake.exchangeOf(raw);
    const request = answers.requestOf(exchange);
    const made = await compress(request, await handle(request));
    reply.code(made.status).headers(answers.headersOf(exchange, request, made));
    return reply.send(made.body === undefined ? undefined : Buffer.from(made.body));
  };
  const method = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
  app.route({ method, url: '/*', exposeHeadRoute: false, handler });
  app.setNotFoundHandler(handler);
  app.setErrorHandler((error: { code?: string }, { raw }, reply) => {
    reply.hijack();
    if (error.code?.startsWith('FST_ERR_CTP'))
      refuse(raw, 'unsupported-media-type', 'The Content-Type cannot be read.', error);
    else refuse(raw, 'malformed-request', 'The request cannot be read.', error);
  });
  const { server } = app;
  const addressOf = addressesOf(server, settings);

  return {
    async listen() {
      await app.ready();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(settings.INGRESS_PORT, settings.INGRESS_HOST, resolve);
      });
      certificates?.watch((next) => (server as Server & TlsServer).setSecureContext(next));
      return { port: (server.address() as AddressInfo).port, secure };
    },
    async drain() {
      answers.draining = true;
      await drainConnections(server, intake.connections, intake.sessions, settings.DRAIN_NOTICE_MS);
      answers.stop();
      certificates?.stop();
      await app.close();
    },
  };
}

/** What a server of TLS has besides. */
interface TlsServer {
  setSecureContext(pair: KeyPair): void;
}

/** Undefined where TLS is not switched on. */
function certificatesOf({ settings, log, metrics }: HttpOptions): Certificates | undefined {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_RELOAD_EVERY_MS: everyMs } = settings;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new SettingsError('TLS_CERT_FILE, TLS_KEY_FILE: one of them is set; set both, or none');
  const { certificateLoaded: onLoaded, certificateFailed: onFailed } = metrics;
  return new Certificates({ certFile, keyFile, everyMs, log, onLoaded, onFailed });
}
