import { z } from 'zod';
import { optional } from './common.ts';

/** Bodies of what tries things out and changes nothing. */

/** A script, and what its `$` is; no payload is the empty object. */
export const scriptTrialSchema = z.strictObject({
  script: z.string().min(1, 'is empty; send the script to be run'),
  payload: z.unknown().optional(),
});

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;
const word = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** One value, or several of one name. */
const words = z.union([word, z.array(word)]);
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is no name of a header');

/** A request to a route of a service, as its caller would send it; `path` is relative to the service's base path. */
export const routeTrialSchema = z.strictObject({
  method: z.enum(methods, `has to be one of ${methods.join(', ')}`),
  path: z
    .string('is needed: the path below the service’s base path, with its parameters filled in')
    .regex(/^\/[\x21-\x7e]*$/, 'has to start with /, with everything but printable ASCII percent-encoded'),
  headers: optional(z.record(headerName, words)),
  query: optional(z.record(z.string(), words)),
  /** Sent as JSON. */
  body: z.unknown().optional(),
});
export type RouteTrial = z.output<typeof routeTrialSchema>;
