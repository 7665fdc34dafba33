import { httpMethods } from '@rostrum/shared/revision';
import { z } from 'zod';
import { optional, serverSet, setByServer, tags, warnings } from './common.ts';
import { type GivenSchema, isGivenSchema, schemaFault } from './json-schema.ts';
import { routePathFault } from './path.ts';
import { keyTemplate, rule } from './rule.ts';
import { scriptFault } from './script.ts';

/** The longest that Conductor's own cache takes, 30 days. */
const maxTtlSeconds = 2_592_000;
/** Nobody waits longer for an answer than this, so nobody needs to for a permit. */
const maxPermitWaitSeconds = 300;
const permitWait = `has to be between 0 (the default: no waiting) and ${maxPermitWaitSeconds} seconds`;
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
  const route = z.strictObject(shape).superRefine(({ httpMethod, idempotencyKeyRequired }, context) => {
    if (httpMethod !== 'GET' || !idempotencyKeyRequired) return;
    const message = 'Idempotency-Key is not read on GET, which may be repeated as it is; remove this, or use POST';
    context.addIssue({ code: 'custom', path: ['idempotencyKeyRequired'], message });
  });
  return route.meta({ id: 'Route' });
}
export type RouteInput = z.output<ReturnType<typeof routeSchema>>;
