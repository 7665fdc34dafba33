import { z } from 'zod';
import { optional, serverSet, setByServer, tags, warnings } from './common.ts';
import { basePathFault } from './path.ts';
import { type RouteLimits, routeSchema } from './route.ts';

const serviceId = z
  .string()
  .max(100, 'is longer than 100 characters')
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'has to start with a lowercase letter or digit, followed by these, - and _')
  .refine((id) => id !== 'metrics', '"metrics" is a path of the admin API itself; choose another id');

const corsConfig = z.strictObject({
  accessControlAllowOrigin: optional(z.array(z.string())),
  accessControlAllowMethods: optional(z.array(z.string())),
  accessControlAllowHeaders: optional(z.array(z.string())),
});

/** A service as clients send it on create; on update everything but the path's own id may be left out. */
export function serviceSchema(limits: RouteLimits, route = routeSchema(limits)) {
  return z.strictObject({
    id: serviceId,
    name: optional(z.string()),
    description: optional(z.string()),
    path: z.string().superRefine((path, context) => {
      const message = basePathFault(path);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
    enabled: optional(z.boolean()),
    mcpEnabled: optional(z.boolean()),
    authConfigId: optional(z.string()).transform((id) => id || undefined),
    corsConfig: optional(corsConfig),
    routes: optional(z.array(route)),
    tags: optional(tags),
    /** Which executors run its routes. */
    pool: optional(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'a pool’s name has lowercase letters, digits, - and _')),
    basePath: setByServer('string', 'Where callers reach it.'),
    warnings,
    ...serverSet,
  });
}
export type ServiceInput = z.output<ReturnType<typeof serviceSchema>>;
