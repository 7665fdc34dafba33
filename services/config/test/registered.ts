import { createSchemas } from '@rostrum/contract';
import { createLogger } from '@rostrum/service/logger';
import { createServer, type ServerOptions } from '../src/http/server.ts';

/** Fastify's own routing table: every method and URL that is registered, `GET /api/things/:id`, in order. */
export async function registeredCalls(): Promise<string[]> {
  const api = {
    context: { schemas: createSchemas({ cacheMinTtlSeconds: 300, maxTimeoutMs: 300_000 }) },
  } as unknown as ServerOptions;
  const log = createLogger('config', 'silent', { write: () => {} });
  const audit = {} as ServerOptions['audit'];
  const backup = {} as ServerOptions['backup'];
  const server = createServer({
    ...api,
    bodyLimit: 1_000,
    trustedProxies: [],
    audit,
    backup,
    log,
    onAnswered: () => {},
  });
  const found: string[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    found.push(...[method].flat().flatMap((each) => (each === 'HEAD' ? [] : [`${each} ${url}`])));
  });
  await server.ready();
  await server.close();
  return found.sort();
}
