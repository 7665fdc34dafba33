import { z } from 'zod';
import { optional, serverSet } from './common.ts';
import { type GivenSchema, isGivenSchema, schemaFault } from './json-schema.ts';

const types = ['JSON', 'AVRO', 'PROTOBUF'] as const;

/** A schema of the registry as clients send it. Those that are no JSON Schema are kept, and validate nothing here. */
export const schemaDef = z
  .strictObject({
    name: z.string().regex(/^[^\s/\p{Cc}]{1,200}$/u, 'has to be 1 to 200 characters without spaces and /'),
    version: optional(z.number().int().min(0)).describe('Absent or 0: one more than the latest.'),
    type: optional(z.enum(types, `has to be one of ${types.join(', ')}`)).transform((type) => type ?? 'JSON'),
    data: z.unknown().optional().describe('The schema; a JSON Schema as an object, a boolean or text.'),
    externalRef: optional(z.string()),
    ownerApp: optional(z.string()),
    ...serverSet,
  })
  .superRefine(({ type, data, externalRef }, context) => {
    // What stands elsewhere is not fetched: a schema that validates has to be here.
    if (type !== 'JSON' || ((data === undefined || data === null) && externalRef !== undefined)) return;
    const message = isGivenSchema(data) ? faultOf(data) : 'is required: a JSON Schema, as an object or as text';
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['data'], message });
  })
  .meta({ id: 'SchemaDef' });
export type SchemaDefInput = z.output<typeof schemaDef>;

function faultOf(data: GivenSchema): string | undefined {
  return data === '' ? 'is empty; write {} for a schema that takes everything' : schemaFault(data);
}
