import { httpMethods } from '@rostrum/shared/revision';
import { z } from 'zod';
import { anyTag, optional } from './common.ts';
import { routePathFault } from './path.ts';
import { rule } from './rule.ts';
import { serviceId } from './service.ts';

/** More in one call would be more than one step that can be told of. */
const mostPurges = 1_000;

/** What is to be forgotten: of a service all, or what is narrowed down, or all that has a tag. */
const purge = z
  .strictObject({
    serviceId: optional(serviceId),
    /** With `path`: of this route alone. */
    method: optional(z.enum(httpMethods, `has to be one of ${httpMethods.join(', ')}`)),
    path: optional(z.string().superRefine(rule(routePathFault))),
    /** The route's key template as it reads for a request: `customer-42` of `customer-${workflow.input.customerId}`. */
    key: optional(z.string()),
    keyPrefix: optional(z.string().min(1, 'is empty; leave it out to purge all keys')),
    /** Of all services and routes that have it. */
    tag: optional(anyTag),
  })
  .superRefine((asked, context) => {
    const refuse = (member: keyof typeof asked, message: string) =>
      context.addIssue({ code: 'custom', path: [member], message });
    const { serviceId: service, method, path, key, keyPrefix, tag } = asked;
    if (tag !== undefined) {
      for (const member of ['serviceId', 'method', 'path', 'key', 'keyPrefix'] as const)
        if (asked[member] !== undefined) refuse(member, 'does not go with tag; send one of them, or two purges');
    } else if (service === undefined) refuse('serviceId', 'is needed, unless tag says what to purge');
    if ((method === undefined) !== (path === undefined))
      refuse(method === undefined ? 'method' : 'path', 'is needed beside the other: method and path name a route');
    if (key !== undefined && keyPrefix !== undefined) refuse('keyPrefix', 'does not go with key; send one of them');
  });
export type CachePurge = z.output<typeof purge>;

/** The body of a purge: one, or several at once. */
export const cachePurgeSchema = z
  .union([purge, z.array(purge).min(1, 'names nothing to purge').max(mostPurges, `has more than ${mostPurges} purges`)])
  .meta({ id: 'CachePurge' });
