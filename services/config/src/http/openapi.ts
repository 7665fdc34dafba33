import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { about } from './about.ts';
import { docsPage } from './docs-page.ts';
import { describeApi, type Registered } from './document.ts';

/** Remembers the routes that are registered from here on. */
export function rememberRoutes(server: FastifyInstance): readonly Registered[] {
  const registered: Registered[] = [];
  server.addHook('onRoute', ({ method, url, config }) => {
    for (const each of [method].flat()) {
      // Fastify adds a HEAD to each GET.
      if (each !== 'HEAD') registered.push({ method: each, url, about: config?.about });
    }
  });
  return registered;
}

/** What the API says about itself. Open to everybody: it says nothing about this installation. */
export function openApiRoutes(server: FastifyInstance, registered: readonly Registered[]): void {
  const tag = 'About this API';
  let document: Record<string, unknown> | undefined;
  const describe = () => (document ??= describeApi(registered));
  server.get(
    '/openapi.json',
    about({ tag, summary: 'This API as OpenAPI 3.1', answer: z.record(z.string(), z.unknown()), open: true }),
    async (_request, reply) => reply.send(describe()),
  );
  server.get(
    '/docs',
    about({ tag, summary: 'The same as a page to read', answer: z.string(), type: 'text/html', open: true }),
    async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        .send(docsPage(describe())),
  );
}
