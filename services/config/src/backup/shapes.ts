import { type GivenSchema, isGivenSchema, storedSchemaFault } from '@rostrum/contract/json-schema';
import { basePathFault, routePathFault } from '@rostrum/contract/paths';
import { keyTemplate, rateKey, rule } from '@rostrum/contract/rule';
import { scriptFault } from '@rostrum/contract/script';
import { httpMethods } from '@rostrum/shared/revision';
import { z } from 'zod';
import type { Collections } from '../domain/records.ts';
import { schemaId } from '../domain/registry.ts';

/**
 * What is stored of each kind, as a backup has it: all that the services rely on, since a replica that holds anything
 * else can neither serve nor compile it. Limits that are settings are not asked for, which may have been others then.
 */

const stamp = { createdBy: z.string(), updatedBy: z.string(), createTime: z.number(), updateTime: z.number() };
const tags = z.array(z.looseObject({ key: z.string(), value: z.string() }));
const strings = z.array(z.string());
const schema = z.custom<GivenSchema>(isGivenSchema).superRefine(rule(storedSchemaFault));
const schemaRef = z.looseObject({ name: z.string(), version: z.number().optional() });
const script = z.string().superRefine(rule(scriptFault));

const rateLimit = z.looseObject({
  key: rateKey.optional(),
  limit: z.number().int().min(1),
  window: z.number().int().min(1),
});

const route = z.looseObject({
  ...stamp,
  httpMethod: z.enum(httpMethods),
  path: z.string().superRefine(rule(routePathFault)),
  mappedWorkflow: z.looseObject({
    name: z.string().min(1),
    version: z.number().optional(),
    requestMetadataAsInput: z.boolean().optional(),
  }),
  workflowExecutionMode: z.enum(['SYNCHRONOUS', 'ASYNCHRONOUS']),
  workflowMetadataInOutput: z.boolean(),
  waitUntilTasks: z.string().optional(),
  timeoutInSeconds: z.number().optional(),
  inputSchema: schema.optional(),
  outputSchema: schema.optional(),
  inputSchemaRef: schemaRef.optional(),
  outputSchemaRef: schemaRef.optional(),
  conductorSchemas: z.looseObject({ inputSchema: schema.optional(), outputSchema: schema.optional() }).optional(),
  queryParameters: z.array(z.looseObject({ name: z.string(), required: z.boolean() })),
  preRequestScript: script.optional(),
  postResponseScript: script.optional(),
  cacheConfig: z.looseObject({ key: keyTemplate, ttlInSecond: z.number() }).optional(),
  rateLimitConfig: z
    .looseObject({
      rateLimitKey: keyTemplate,
      concurrentExecLimit: z.number().int().min(1),
      waitInSeconds: z.number().optional(),
    })
    .optional(),
  rateLimit: rateLimit.optional(),
  idempotencyKeyRequired: z.boolean().optional(),
  executionsVisibleTo: z.enum(['PRINCIPAL', 'SERVICE']).optional(),
  cancelAllowed: z.boolean().optional(),
  tags,
});

const service = z.looseObject({
  ...stamp,
  id: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  path: z.string().superRefine(rule(basePathFault)),
  authConfigId: z.string().optional(),
  corsConfig: z
    .looseObject({
      accessControlAllowOrigin: strings.optional(),
      accessControlAllowMethods: strings.optional(),
      accessControlAllowHeaders: strings.optional(),
    })
    .optional(),
  rateLimit: rateLimit.optional(),
  pool: z.string().optional(),
  enabled: z.boolean(),
  mcpEnabled: z.boolean(),
  tags,
  routes: z.array(route),
});

const auth = z.looseObject({
  ...stamp,
  id: z.string(),
  authenticationType: z.enum(['NONE', 'API_KEY', 'OIDC']),
  apiKeys: strings,
  applicationId: z.string().optional(),
  passthrough: z.boolean(),
  fallbackToDefaultAuth: z.boolean(),
  tokenInWorkflowInput: z.boolean(),
});

const application = z.looseObject({
  ...stamp,
  id: z.string(),
  name: z.string(),
  tags,
  roles: strings,
  accessKeys: z.array(
    z.looseObject({
      id: z.string(),
      digest: z.string(),
      createdAt: z.number(),
      status: z.enum(['ACTIVE', 'INACTIVE']),
    }),
  ),
  permissions: z.array(z.looseObject({ type: z.string(), id: z.string(), access: strings })),
  conductor: z.looseObject({ keyId: z.string(), sealedSecret: z.string() }).optional(),
});

const schemaVersion = z
  .looseObject({ ...stamp, name: z.string(), version: z.number().int().min(1), type: z.string() })
  .superRefine(({ type, data }, context) => {
    if (type === 'JSON' && isGivenSchema(data)) rule(storedSchemaFault)(data, context);
  });

const shapes = { auth, service, application, schema: schemaVersion } satisfies Record<keyof Collections, z.ZodType>;

/** What keeps this from being the stored object of that id, or undefined. */
export function objectFault(kind: keyof Collections, id: string, value: unknown): string | undefined {
  const parsed = shapes[kind].safeParse(value);
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
    return `${path.join('/')}: ${message}`;
  }
  const { data } = parsed;
  const own = kind === 'schema' ? schemaId(String(data['name']), Number(data['version'])) : data['id'];
  return own === id ? undefined : `id: it is that of ${String(own)}`;
}
