import type { z } from 'zod';

/** What the OpenAPI document says about a route of the admin API, beside its method and path. */
export interface About {
  /** Which section it stands in. */
  tag: string;
  summary: string;
  /** What it takes; none unless given. */
  body?: z.ZodType;
  /** What a success answers; nothing unless given. */
  answer?: z.ZodType;
  /** Query parameters and what they are; a name that ends in `?` may be left out. */
  query?: Record<string, string>;
  /** It answers with an `ETag`; a write takes `If-Match`, a read `If-None-Match`. */
  tagged?: true;
  /** It is a list, with pages by `limit` and `cursor`. */
  list?: true;
  /** It needs no token. */
  open?: true;
  /** Of the answer, where it is not JSON. */
  type?: string;
  /** It is an older spelling of another path. */
  deprecated?: true;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    about?: About;
  }
}

/** Describes a route where it is registered: `server.get('/things', about({…}), handler)`. */
export function about(description: About): { config: { about: About } } {
  return { config: { about: description } };
}
