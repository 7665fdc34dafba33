import { z } from 'zod';
import { optional, serverSet, setByServer, tags, warnings } from './common.ts';
import { basePathFault } from './path.ts';
import { rateLimitSchema } from './rate-limit.ts';
import { type RouteLimits, routeSchema } from './route.ts';
import { rule } from './rule.ts';

export const serviceId = z
  .string()
  .max(100, 'is longer than 100 characters')
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'has to start with a lowercase letter or digit, followed by these, - and _')
  .refine((id) => id !== 'metrics', '"metrics" is a path of the admin API itself; choose another id');

/** A day; browsers keep a preflight's answer for less. */
const maxPreflightSeconds = 86_400;

const corsConfig = z
  .strictObject({
    accessControlAllowOrigin: optional(z.array(z.string())),
    accessControlAllowMethods: optional(z.array(z.string())),
    accessControlAllowHeaders: optional(z.array(z.string())),
    accessControlExposeHeaders: optional(z.array(z.string())),
    accessControlAllowCredentials: optional(z.boolean()),
    accessControlAllowPrivateNetwork: optional(z.boolean()),
    /** How long a browser may keep a preflight's answer (s). */
    accessControlMaxAge: optional(z.number().int().min(0).max(maxPreflightSeconds)),
  })
  .superRefine(({ accessControlAllowCredentials, accessControlAllowOrigin }, context) => {
    if (!accessControlAllowCredentials || !accessControlAllowOrigin?.includes('*')) return;
    const message = 'is refused by browsers beside the origin *: name the origins, or leave credentials out';
    context.addIssue({ code: 'custom', path: ['accessControlAllowCredentials'], message });
  });

const hosts = z
  .array(z.string().superRefine(rule(hostFault)))
  .min(1, 'names no host, so nobody could reach the service; leave it out to answer on all');

/** What is wrong with a host name, or undefined. */
function hostFault(host: string): string | undefined {
  if (host.includes(':')) return 'is a name without a port; leave the port out';
  if (host.includes('*')) return 'has to be one whole name; list every name';
  const isName = host.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(host);
  return isName ? undefined : 'is no host name; write it as in api.example.com, other alphabets in punycode';
}

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
    /** Host names that it answers on; all unless given. */
    hosts: optional(hosts),
    /** For all its routes together. */
    rateLimit: optional(rateLimitSchema),
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
