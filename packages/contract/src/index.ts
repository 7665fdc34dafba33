import { authConfigSchema, tokenSchema } from './auth-config.ts';
import { tags } from './common.ts';
import { type RouteLimits, routeSchema } from './route.ts';
import { serviceSchema } from './service.ts';

export type { AuthConfigInput } from './auth-config.ts';
export { faultsOf, type Tag } from './common.ts';
export type { RouteInput } from './route.ts';
export type { ServiceInput } from './service.ts';

/** The shapes of all bodies that the admin API takes. */
export function createSchemas(limits: RouteLimits) {
  const service = serviceSchema(limits);
  return {
    authConfig: authConfigSchema,
    service,
    serviceUpdate: service.partial({ id: true, path: true }),
    route: routeSchema(limits),
    tags,
    token: tokenSchema,
  };
}
export type Schemas = ReturnType<typeof createSchemas>;
