import { createSchemas } from '@rostrum/contract';
import { z } from 'zod';

/** The kinds of things that files describe, in the order in which they are applied: who is named comes first. */
export const kinds = ['schema', 'application', 'authConfig', 'service'] as const;
export type Kind = (typeof kinds)[number];

/** Where a kind stands in a file, and what people call it. */
export const kindWords: Record<Kind, { member: string; one: string }> = {
  schema: { member: 'schemas', one: 'schema' },
  application: { member: 'applications', one: 'application' },
  authConfig: { member: 'authConfigs', one: 'auth config' },
  service: { member: 'services', one: 'service' },
};

/** How long a caller may wait at most is a setting of the server, which says so; offline only nonsense is refused. */
const maxTimeoutMs = 86_400_000;

const { tags, schemaDef, application, authorization, roleName } = createSchemas({
  cacheMinTtlSeconds: 300,
  maxTimeoutMs,
});
const { access, target: granted } = authorization.shape;
const target = granted.shape.id;

const permission = z.strictObject({
  type: granted.shape.type.default('WORKFLOW_DEF').describe('What of Conductor’s it is about.'),
  id: target.describe('Its name; a * at the end takes all that begin so.'),
  access,
});

const workflows = z.array(target).describe('Workflows that its routes may run: short for permissions to EXECUTE.');

const applicationShape = z.strictObject({
  id: z
    .string('is required: auth configs name it')
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'has to start with a letter or digit, followed by these, _ . and -')
    .refine((id) => id !== 'key', '"key" is a path of the admin API itself; choose another id'),
  name: application.shape.name.optional().describe('For people; the id unless given.'),
  roles: z.array(roleName).optional().describe('ADMIN, METADATA_MANAGER, USER: what its access keys may do here.'),
  workflows: workflows.optional(),
  permissions: z.array(permission).optional(),
  tags: tags.optional(),
  conductor: application.shape.conductor.describe('Its access key of a Conductor that wants tokens.'),
});
export type ApplicationShape = z.output<typeof applicationShape>;

/** Version 0 says no more than none. */
const schemaShape = schemaDef.transform(({ version, ...schema }) => (version ? { ...schema, version } : schema));

const permissionShape = z.strictObject({
  application: z.string('is required: the id of an application of these files'),
  workflows: workflows.optional(),
  permissions: z.array(permission).optional(),
});

/** The shapes of everything in a file, references filled in. */
export function fileShapes(cacheMinTtlSeconds = 300) {
  const { service, authConfig } = createSchemas({ cacheMinTtlSeconds, maxTimeoutMs });
  return {
    schema: schemaShape,
    application: applicationShape,
    permission: permissionShape,
    authConfig,
    service,
  };
}
export type FileShapes = ReturnType<typeof fileShapes>;
