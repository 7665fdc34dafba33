import { applicationSchema, authorizationSchema, roleName } from './application.ts';
import { authConfigSchema, tokenSchema } from './auth-config.ts';
import { tags } from './common.ts';
import { type RouteLimits, routeSchema } from './route.ts';
import { schemaDef } from './schema-def.ts';
import { serviceSchema } from './service.ts';

export type { ApplicationInput, Authorization } from './application.ts';
export type { AuthConfigInput } from './auth-config.ts';
export { faultsOf, type Tag } from './common.ts';
export type { RouteInput } from './route.ts';
export type { SchemaDefInput } from './schema-def.ts';
export type { ServiceInput } from './service.ts';

/** The shapes of all bodies that the admin API takes. */
export function createSchemas(limits: RouteLimits) {
  const route = routeSchema(limits);
  const service = serviceSchema(limits, route);
  return {
    authConfig: authConfigSchema.meta({ id: 'AuthConfig' }),
    service: service.meta({ id: 'Service' }),
    serviceUpdate: service.partial({ id: true, path: true }).meta({ id: 'ServiceUpdate' }),
    route,
    schemaDef,
    tags: tags.meta({ id: 'Tags' }),
    token: tokenSchema.meta({ id: 'AccessKey' }),
    application: applicationSchema.meta({ id: 'Application' }),
    roleName,
    authorization: authorizationSchema.meta({ id: 'Authorization' }),
  };
}
export type Schemas = ReturnType<typeof createSchemas>;
