import { applicationSchema, authorizationSchema, roleName } from './application.ts';
import { authConfigSchema, tokenSchema } from './auth-config.ts';
import { tags } from './common.ts';
import { routeSchema } from './route.ts';
import { serviceSchema } from './service.ts';

export type { ApplicationInput, Authorization } from './application.ts';
export type { AuthConfigInput } from './auth-config.ts';
export { faultsOf, type Tag } from './common.ts';
export type { RouteInput } from './route.ts';
export type { ServiceInput } from './service.ts';

/** The shapes of all bodies that the admin API takes. */
export function createSchemas({ cacheMinTtlSeconds }: { cacheMinTtlSeconds: number }) {
  const service = serviceSchema(cacheMinTtlSeconds);
  return {
    authConfig: authConfigSchema,
    service,
    serviceUpdate: service.partial({ id: true, path: true }),
    route: routeSchema(cacheMinTtlSeconds),
    tags,
    token: tokenSchema,
    application: applicationSchema,
    roleName,
    authorization: authorizationSchema,
  };
}
export type Schemas = ReturnType<typeof createSchemas>;
