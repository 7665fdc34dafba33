import { Transform, type TransformCallback } from 'node:stream';
import replyFrom from '@fastify/reply-from';
import type { Logger } from '@rostrum/service/logger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { OwnToken } from '../conductor/own-token.ts';
import { AdminProblem } from '../problems.ts';
import type { Role } from '../domain/callers.ts';
import { requireRole } from './access.ts';
import { sendProblem, toProblem } from './errors.ts';
import { tokenOf } from './request.ts';
import type { Tokens } from './tokens.ts';

export interface ConductorProxy {
  /** Conductor's base URL, `/api` included, without a slash at the end. */
  url: string;
  ownToken: OwnToken;
}

export interface ProxyOptions extends ConductorProxy {
  tokens: Tokens;
  /** Largest body that is passed on (bytes). */
  bodyLimit: number;
  log: Logger;
}

/** What is ours under `/api`; all else is Conductor's. */
const ours = new Set(['gateway', 'applications', 'schema', 'auth', 'users', 'token', 'version']);

/** What USER may read there and METADATA_MANAGER change. Everything else, such as secrets, groups and roles, is ADMIN's. */
const metadata = new Set(['workflow', 'tasks', 'metadata', 'event', 'queue', 'scheduler']);

/** How long Conductor may be silent (ms): calls that wait for a workflow or a task take most of it. */
const SILENCE_MS = 120_000;

/** Credentials are for us alone, and some headers for one connection (RFC 9110, section 7.6.1). */
const withheld = [
  ...['x-authorization', 'authorization', 'cookie', 'x-api-key', 'proxy-authorization', 'proxy-connection'],
  ...['keep-alive', 'te', 'trailer', 'upgrade', 'expect'],
];

/** Of one connection, too; and what Conductor would remember the gateway by. */
const unanswered = ['set-cookie', 'connection', 'keep-alive', 'proxy-authenticate', 'trailer', 'upgrade'];

/**
 * One address for both: paths under `/api` that are not ours go to Conductor, for whoever has a token of ours. Conductor
 * is given the gateway's own token, or none, never the caller's. Bodies are passed on as they come.
 */
export async function conductorProxy(scope: FastifyInstance, options: ProxyOptions): Promise<void> {
  const { url, ownToken, tokens, bodyLimit, log } = options;
  const { origin, pathname } = new URL(url);
  await scope.register(replyFrom, {
    base: origin,
    undici: { connections: 64, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS },
    destroyAgent: true,
    disableCache: true,
    disableRequestLogging: true,
  });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (request, payload, done) => {
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return done(tooLarge(bodyLimit));
    const limited = new Limit(bodyLimit);
    payload.once('error', (error) => limited.destroy(error)).pipe(limited);
    done(null, limited);
  });

  const pass = async (request: FastifyRequest, reply: FastifyReply, path: string, again: boolean): Promise<void> => {
    const token = await ownToken.get().catch((error: unknown) => {
      throw new AdminProblem('conductor-unavailable', 'Conductor gives the gateway no token.', {}, error);
    });
    const { method } = request;
    const refuse = (problem: AdminProblem) => {
      for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
      log.warn({ method, path, code: problem.code, err: problem.cause }, 'a call is not passed on to Conductor');
      sendRefusal(request, reply, problem);
    };
    reply.from(`${pathname}/${path}`, {
      // It would repeat what Conductor has refused with 503.
      retryDelay: () => null,
      rewriteRequestHeaders: (_request, given) => {
        const headers = { ...given };
        for (const name of withheld) delete headers[name];
        // Of these no body is passed on.
        if (method === 'GET' || method === 'HEAD') delete headers['content-length'];
        return { ...headers, ...(token === undefined ? {} : { 'x-authorization': token }) };
      },
      rewriteHeaders: (given) => {
        const headers = { ...given };
        for (const name of unanswered) delete headers[name];
        return headers;
      },
      onResponse: (_request, _reply, response) => {
        const { stream } = response as unknown as { stream: NodeJS.ReadableStream };
        if (reply.statusCode !== 401) return void reply.send(stream);
        // It is the gateway's token that was refused: the caller's, which is ours, is good.
        stream.resume();
        ownToken.refused(token);
        if (again && token !== undefined && method === 'GET')
          return void pass(request, reply, path, false).catch((error: unknown) => refuse(asProblem(error)));
        refuse(
          new AdminProblem('conductor-unavailable', 'Conductor refuses the gateway’s own credentials; try again.'),
        );
      },
      onError: (_reply, { error }) => refuse(asProblem(error)),
    });
  };

  scope.setErrorHandler((error, request, reply) => sendRefusal(request, reply, toProblem(error, log)));
  scope.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request);
    if (ours.has(path.split('/')[0] ?? '')) return reply.callNotFound();
    request.caller = await tokens.verify(tokenOf(request));
    requireRole(request.caller, neededRole(request.method, path));
  });
  scope.all('/*', async (request, reply) => {
    await pass(request, reply, rawPathOf(request), true);
    return reply;
  });
}

/** The role that a call of Conductor needs, by its decoded path. */
function neededRole(method: string, path: string): Role {
  const [first = '', ...more] = path.split('/');
  // Conductor leaves out what follows a semicolon in a segment (RFC 3986, section 3.3).
  const second = (more[0] ?? '').split(';')[0];
  // Queues of event brokers are set up there, with their credentials.
  if (!metadata.has(first) || (first === 'event' && second === 'queue')) return 'ADMIN';
  const reads = method === 'GET' || method === 'HEAD';
  // Whoever polls takes the task.
  return reads && !(first === 'tasks' && second === 'poll') ? 'USER' : 'METADATA_MANAGER';
}

/** What is left of a body would have to be read before the connection could be used again: it may have no end. */
function sendRefusal(request: FastifyRequest, reply: FastifyReply, problem: AdminProblem): FastifyReply {
  if (!request.raw.complete) reply.header('connection', 'close');
  return sendProblem(reply, problem);
}

/** What follows `/api/`, decoded. @throws {AdminProblem} when it could be read as another path by who comes after. */
function pathOf(request: FastifyRequest): string {
  const path = (request.params as { '*': string })['*'];
  const segments = path.replace(/\/$/, '').split('/');
  if (!segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[\\\0]/.test(segment)))
    return path;
  throw new AdminProblem(
    'malformed-request',
    'The path has an empty segment, a dot segment or a backslash; write it out.',
  );
}

/** The same as it came. */
function rawPathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] as string).slice('/api/'.length);
}

function asProblem(error: unknown): AdminProblem {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AdminProblem) return cause;
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 504
    ? new AdminProblem('conductor-timeout', 'Conductor did not answer in time; it may have done it.', {}, error)
    : new AdminProblem('conductor-unavailable', 'Conductor cannot be reached, or broke off.', {}, error);
}

function tooLarge(bytes: number): AdminProblem {
  return new AdminProblem('payload-too-large', `The body is larger than ${bytes} bytes.`);
}

/** Passes on so many bytes, and fails at the next. */
class Limit extends Transform {
  #left: number;
  readonly #limit: number;

  constructor(limit: number) {
    super();
    this.#limit = limit;
    this.#left = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length;
    if (this.#left < 0) done(tooLarge(this.#limit));
    else done(null, chunk);
  }
}
