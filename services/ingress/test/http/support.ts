import { connect, type Socket } from 'node:net';
import { createLogger } from '@rostrum/service/logger';
import { createIdSource } from '@rostrum/shared/ids';
import type { Problem } from '@rostrum/shared/problems';
import { waitFor } from '@rostrum/testkit';
import { Registry } from 'prom-client';
import { type Settings, settingsSchema } from '../../src/config.ts';
import { createHttpMetrics } from '../../src/http/metrics.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { Reply, Request } from '../../src/pipeline/context.ts';
import { renderProblem } from '../../src/pipeline/render.ts';

/** What stands in the pipeline's place: it answers with what it was asked, its body included. */
export async function echo(request: Request): Promise<Reply> {
  const headers = { 'x-request-id': request.requestId };
  try {
    const body = await request.readBody();
    const { method, url } = request;
    return { status: 200, headers, body: Buffer.from(JSON.stringify({ method, url, body: body.toString() })) };
  } catch (error) {
    return renderProblem(error as Problem, request, headers);
  }
}

export interface StartedHttp {
  port: number;
  registry: Registry;
  /** What was answered, in that order. */
  answered: { request: Request; reply: Reply }[];
  drain(): Promise<void>;
}

/** The real HTTP server, in this process, with something in the pipeline's place. */
export async function startHttp(env: Record<string, string> = {}, handle = echo): Promise<StartedHttp> {
  const given = { DIGEST_KEY: `k:${Buffer.alloc(32).toString('base64')}`, INGRESS_PORT: '0', DRAIN_NOTICE_MS: '20' };
  const settings: Settings = settingsSchema.parse({ ...given, ...env });
  const registry = new Registry();
  const answered: StartedHttp['answered'] = [];
  const ids = createIdSource();
  const server = await createHttpServer({
    ...{ settings, handle, log: createLogger('ingress', 'silent'), metrics: createHttpMetrics(registry) },
    newRequestId: () => ids.next(),
    onAnswered: (request, reply) => void answered.push({ request, reply }),
  });
  const { port } = await server.listen();
  return { port, registry, answered, drain: () => server.drain() };
}

/** A connection on which bytes are written as they are given, and read as they come. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  closed = false;
  /** What ended it, where it was not an orderly end. */
  error: string | undefined;

  constructor(port: number, options: { allowHalfOpen?: boolean } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', ...options });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => (this.received += text));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    this.socket.on('close', () => (this.closed = true));
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The status codes of what has been answered, in order. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  async answers(count: number): Promise<number[]> {
    const complete = () => this.statuses.length >= count && this.received.endsWith(this.#lastBody());
    await waitFor(complete, { what: `${count} answers`, timeoutMs: 5_000 }).catch((error: Error) => {
      throw new Error(`${error.message}, after ${JSON.stringify(this.received.slice(0, 500))}`);
    });
    return this.statuses;
  }

  /** The end of the connection, told or cut. */
  async end(): Promise<number[]> {
    await waitFor(() => this.closed, { what: 'the connection to end', timeoutMs: 5_000 }).catch((error: Error) => {
      throw new Error(`${error.message}, after ${JSON.stringify(this.received.slice(0, 500))}`);
    });
    return this.statuses;
  }

  /** Enough of the last answer to know that all of it is here. */
  #lastBody(): string {
    const at = this.received.lastIndexOf('HTTP/1.1 ');
    const answer = this.received.slice(at);
    const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? 0);
    const head = answer.indexOf('\r\n\r\n');
    return head >= 0 && answer.length >= head + 4 + length ? '' : '\0';
  }
}

/** Sends one piece, and gives the statuses when the server has closed the connection. */
export async function exchangeRaw(port: number, text: string): Promise<{ statuses: number[]; received: string }> {
  const client = new RawClient(port).send(text);
  const statuses = await client.end();
  return { statuses, received: client.received };
}
