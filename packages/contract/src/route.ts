import { httpMethods } from '@rostrum/shared/revision';
import { z } from 'zod';
import { optional, serverSet, setByServer, tags, warnings } from './common.ts';
import { type GivenSchema, isGivenSchema, schemaFault } from './json-schema.ts';
import { routePathFault } from './path.ts';
import { rateLimitSchema } from './rate-limit.ts';
import { keyTemplate, rule } from './rule.ts';
import { scriptFault } from './script.ts';

/** The longest that Conductor's own cache takes, 30 days. */
const maxTtlSeconds = 2_592_000;
/** Nobody waits longer for an answer than this, so nobody needs to for a permit. */
const maxPermitWaitSeconds = 300;
const permitWait = `has to be between 0 (the default: no waiting) and ${maxPermitWaitSeconds} seconds`;
/** What the workflow or a script makes of an input, so that the same again comes of it. */
const keptProblems = [
  'workflow-failed',
  'workflow-timed-out',
  'awaited-task-failed',
  'output-schema-violation',
  'script-failed',
  'script-timeout',
] as const;
const problem = `only these are kept: ${keptProblems.join(', ')}`;
const kept = 'has to be between 1 and 3600 seconds';
const staleness = `has to be between 0 (the default) and ${maxTtlSeconds} seconds`;
const stale = z.number().int().min(0, staleness).max(maxTtlSeconds, staleness);
const visibleTo = ['PRINCIPAL', 'SERVICE'] as const;

const jsonSchema = z
  .custom<GivenSchema>(isGivenSchema, 'has to be a JSON Schema, as an object or as text')
  .superRefine(rule(schemaFault))
  .meta({ type: ['object', 'boolean', 'string'], description: 'A JSON Schema (draft-07, 2020-12), also as text.' });

const script = z.string().superRefine(rule(scriptFault));

/** Empty is no task; of commas alone somebody has lost the names. */
function awaitedFault(text: string): string | undefined {
  if (text.trim() === '' || /[^\s,]/.test(text)) return undefined;
  return 'names no task; list reference names of tasks, with commas between them, or leave it out';
}

const schemaRef = z.strictObject({ name: z.string().min(1), version: optional(z.number().int().min(0)) });

const queryParameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/, 'a query parameter’s name has letters, digits, _ and - only'),
  required: optional(z.boolean()).transform((required) => required ?? false),
});

const queryParameters = z.array(queryParameter).superRefine((list, context) => {
  for (const [index, { name }] of list.entries()) {
    if (list.findIndex((other) => other.name === name) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `${name} is listed twice; remove one` });
  }
});

/** What the config service's settings allow a route. */
export interface RouteLimits {
  cacheMinTtlSeconds: number;
  /** Of a caller (ms). */
  maxTimeoutMs: number;
}

/** A route as clients send it. One that is stored may be older than these limits: it is compiled within them. */
export function routeSchema({ cacheMinTtlSeconds, maxTimeoutMs }: RouteLimits) {
  const ttl = `has to be between ${cacheMinTtlSeconds} and ${maxTtlSeconds} seconds`;
  const maxTimeoutSeconds = maxTimeoutMs / 1_000;
  const timeout = `has to be between 0 (the default) and ${maxTimeoutSeconds} seconds, the most that MAX_TIMEOUT_MS allows`;
  const shape = {
    httpMethod: z.enum(httpMethods, `has to be one of ${httpMethods.join(', ')}`),
    path: z.string().superRefine(rule(routePathFault)),
    description: optional(z.string()),
    mappedWorkflow: z.strictObject({
      name: z.string().min(1, 'is empty; name the workflow to run'),
      /** Absent or 0: the latest. */
      version: optional(z.number().int().min(0)),
      requestMetadataAsInput: optional(z.boolean()),
    }),
    workflowExecutionMode: optional(z.enum(['SYNCHRONOUS', 'ASYNCHRONOUS'])).transform((mode) => mode ?? 'SYNCHRONOUS'),
    workflowMetadataInOutput: optional(z.boolean()).transform((wanted) => wanted ?? false),
    waitUntilTasks: optional(z.string().superRefine(rule(awaitedFault))),
    timeoutInSeconds: optional(z.number().int().min(0, timeout).max(maxTimeoutSeconds, timeout)),
    inputSchema: optional(jsonSchema),
    outputSchema: optional(jsonSchema),
    inputSchemaRef: optional(schemaRef),
    outputSchemaRef: optional(schemaRef),
    queryParameters: optional(queryParameters).transform((list) => list ?? []),
    preRequestScript: optional(script),
    postResponseScript: optional(script),
    cacheConfig: optional(
      z.strictObject({
        key: keyTemplate,
        ttlInSecond: z.number().int().min(cacheMinTtlSeconds, ttl).max(maxTtlSeconds, ttl),
        /** For how long after that an answer is given while a new one is made (s). */
        staleWhileRevalidate: optional(stale),
        /** For how long after that an answer is given where no new one can be made (s). */
        staleIfError: optional(stale),
        /** Whether every caller has answers of its own. */
        varyByPrincipal: optional(z.boolean()),
        /** The route's own unless given; a route with another is not cached. */
        methods: optional(z.array(z.enum(httpMethods, `has to be one of ${httpMethods.join(', ')}`)).min(1)),
        /** Problems of runs that are kept like answers: code, and for how many seconds. */
        problems: optional(
          z.partialRecord(z.enum(keptProblems, problem), z.number().int().min(1, kept).max(3_600, kept)),
        ),
        /** Whether a caller's `Cache-Control` is heeded. */
        callerCacheControl: optional(z.boolean()),
      }),
    ),
    rateLimitConfig: optional(
      z.strictObject({
        rateLimitKey: keyTemplate,
        concurrentExecLimit: z.number().int().min(1, 'has to be 1 or more; leave rateLimitConfig out for no limit'),
        /** How long a request that finds no permit waits for one, in order of arrival. */
        waitInSeconds: optional(z.number().int().min(0, permitWait).max(maxPermitWaitSeconds, permitWait)),
      }),
    ),
    rateLimit: optional(rateLimitSchema),
    /** Whether the result is `{response: {status, headers, bodyType, body}}` rather than a body of JSON. */
    outputIsResponse: optional(z.boolean()),
    idempotencyKeyRequired: optional(z.boolean()),
    /** Who may look at an execution that was left with its id. */
    executionsVisibleTo: optional(z.enum(visibleTo, `has to be one of ${visibleTo.join(', ')}`)),
    /** Whether those who may look at an execution may also end it. */
    cancelAllowed: optional(z.boolean()),
    tags: optional(tags),
    serviceId: setByServer('string'),
    warnings,
    ...serverSet,
  };
  const route = z.strictObject(shape).superRefine((given, context) => {
    if (given.httpMethod === 'GET' && given.idempotencyKeyRequired) {
      const message = 'Idempotency-Key is not read on GET, which may be repeated as it is; remove this, or use POST';
      context.addIssue({ code: 'custom', path: ['idempotencyKeyRequired'], message });
    }
    if (given.outputIsResponse && given.workflowMetadataInOutput && !given.postResponseScript) {
      const message =
        'the workflow’s output has metadata around it, so it is no response; remove one, or write a script';
      context.addIssue({ code: 'custom', path: ['outputIsResponse'], message });
    }
  });
  return route.meta({ id: 'Route' });
}
export type RouteInput = z.output<ReturnType<typeof routeSchema>>;
