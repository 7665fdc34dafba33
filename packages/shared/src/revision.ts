import { z } from 'zod';

/**
 * A service's compiled revision: all that the others need of its configuration, made once by config so that nobody
 * joins tables on the hot path. It is immutable and has two parts: *edge* for the ingress, *execution* for executors.
 * `format` names the shape; a reader refuses one that it does not know.
 */

const format = z.literal(1);
const identity = {
  format,
  service: z.string(),
  /** The sequence of the config bucket it was compiled from; later is higher. */
  revision: z.number().int().nonnegative(),
};
/** A JSON Schema as an object or a boolean, of draft-07 or 2020-12. */
const jsonSchema = z.union([z.record(z.string(), z.unknown()), z.boolean()]);

export const httpMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** `METHOD path`: names a route within its service. */
export function routeId(method: string, path: string): string {
  return `${method} ${path}`;
}

/** Who may call. `DENY`: the service has no auth config yet, so nobody gets in; or those alone whose token is good. */
export const edgeAuth = z.discriminatedUnion('type', [
  z.object({ type: z.literal('NONE') }),
  z.object({
    type: z.literal('API_KEY'),
    /** Keyed digests, see digest.ts; any one of them lets in. */
    digests: z.array(z.string()),
  }),
  z.object({
    type: z.literal('DENY'),
    detail: z.string(),
    /** Whom it lets in after all. A member, and no type of its own, so that the release before, which drops it, lets nobody in. */
    oidc: z
      .object({
        /** A bearer token: a JWT of this issuer for this audience. */
        issuer: z.string(),
        audience: z.string(),
        /** The executor gets the token, to start workflows with. */
        passthrough: z.boolean(),
        /** Token and claims become part of the workflow's input. */
        tokenInInput: z.boolean(),
      })
      .optional(),
  }),
]);
export type EdgeAuth = z.infer<typeof edgeAuth>;

/** Lists as configured; `*` stands for everything. */
export const corsRules = z.object({
  origins: z.array(z.string()),
  methods: z.array(z.string()),
  headers: z.array(z.string()),
  /** Headers that scripts may read of an answer, beside those that they always may. */
  expose: z.array(z.string()).optional(),
  /** Whether browsers may send credentials; then origins are named one by one. */
  credentials: z.boolean().optional(),
  /** How long a browser may keep a preflight's answer. */
  maxAgeSeconds: z.number().int().nonnegative().optional(),
  /** Whether public sites may reach it in a private network. */
  privateNetwork: z.boolean().optional(),
});
export type CorsRules = z.infer<typeof corsRules>;

/** At most `limit` requests in any window of `windowMs` for each value of `key` (a key template, see rate-key.ts). */
export const rateLimit = z.object({
  key: z.string(),
  limit: z.number().int().positive(),
  windowMs: z.number().int().positive(),
});
export type RateLimit = z.infer<typeof rateLimit>;

export const edgeRoute = z.object({
  id: z.string(),
  method: z.enum(httpMethods),
  /** Relative to the base path; segments `{name}` are parameters. */
  path: z.string(),
  queryParameters: z.array(z.object({ name: z.string(), required: z.boolean() })),
  inputSchema: jsonSchema.optional(),
  requestMetadata: z.boolean(),
  /** Whether requests without an `Idempotency-Key` are refused. */
  idempotencyKeyRequired: z.boolean().optional(),
  /** Whether it answers 202 as soon as the workflow runs, whatever its caller prefers. */
  asynchronous: z.boolean().optional(),
  pool: z.string(),
  /** How long a caller waits, ms. */
  timeoutMs: z.number().int().positive(),
  cache: z
    .object({
      /** A key template, see key-template.ts. */
      key: z.string(),
      /** Digest of all in the route that shapes the answer: part of every cache key. */
      shape: z.string(),
      /** Whether callers must not share answers. */
      byPrincipal: z.boolean(),
      /** Whether a caller's `Cache-Control` is heeded. */
      callerControl: z.boolean().optional(),
    })
    .optional(),
  rateLimit: rateLimit.optional(),
});
export type EdgeRoute = z.infer<typeof edgeRoute>;

export const edgeRevision = z.object({
  ...identity,
  basePath: z.string(),
  /** Host names it answers on, in small letters, without a port; absent: all. */
  hosts: z.array(z.string()).optional(),
  /** For all its routes together. */
  rateLimit: rateLimit.optional(),
  /** A disabled service answers like one that does not exist. */
  enabled: z.boolean(),
  auth: edgeAuth,
  authConfigId: z.string().optional(),
  /** The application whose permissions the routes inherit. */
  application: z.string().optional(),
  cors: corsRules.optional(),
  routes: z.array(edgeRoute),
});
export type EdgeRevision = z.infer<typeof edgeRevision>;

export const executionRoute = z.object({
  id: z.string(),
  /** Version absent: the latest at the time of the start. */
  workflow: z.object({ name: z.string(), version: z.number().int().positive().optional() }),
  mode: z.enum(['SYNCHRONOUS', 'ASYNCHRONOUS']),
  metadataInOutput: z.boolean(),
  /** Task reference names: answer with the output of the first of them that ends. Empty: wait for the workflow. */
  waitUntilTasks: z.array(z.string()),
  timeoutMs: z.number().int().positive(),
  outputSchema: jsonSchema.optional(),
  preRequestScript: z.string().optional(),
  postResponseScript: z.string().optional(),
  /** At most `concurrent` executions at once for each value of `key` (a key template); who finds none free waits `waitMs` (absent: 0). */
  limit: z
    .object({
      key: z.string(),
      concurrent: z.number().int().positive(),
      waitMs: z.number().int().nonnegative().optional(),
    })
    .optional(),
  /** Who may look at an execution that was left with its id, and whether those may cancel it. Absent: its principal, no. */
  executions: z.object({ visibleTo: z.enum(['PRINCIPAL', 'SERVICE']), cancel: z.boolean() }).optional(),
  cache: z
    .object({
      ttlSeconds: z.number().int().positive(),
      /** For how long after that an answer may be given while another is made, and where none can be made. */
      staleWhileRevalidateSeconds: z.number().int().nonnegative().optional(),
      staleIfErrorSeconds: z.number().int().nonnegative().optional(),
      /** Problems of runs that are kept, too: code, and for how many seconds. */
      problems: z.record(z.string(), z.number().int().positive()).optional(),
    })
    .optional(),
  /** The result names status, headers and kind of body, see http-response.ts. */
  outputIsResponse: z.boolean().optional(),
});
export type ExecutionRoute = z.infer<typeof executionRoute>;

export const executionRevision = z.object({
  ...identity,
  application: z.string().optional(),
  /** Changes whenever the application's Conductor credentials do; absent: it has none, and the gateway's own are used. */
  credentials: z.string().optional(),
  /** Starts are made with the caller's own token; `fallback`: with the application's where Conductor refuses it. */
  passthrough: z.object({ fallback: z.boolean() }).optional(),
  /** Set when the routes may not run: the application does not exist, or may not EXECUTE. By route id; `*` for all. */
  forbidden: z.record(z.string(), z.string()),
  routes: z.array(executionRoute),
});
export type ExecutionRevision = z.infer<typeof executionRevision>;
