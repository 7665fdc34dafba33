import { valueFault } from '@rostrum/shared/value-faults';
import { z } from 'zod';
import { pointerOf } from './pointer.ts';
import type { ConfigFault } from './fault.ts';

// zod's own sentences ("expected string, received undefined") do not say what to do. For the whole process, so that
// whoever parses with these schemas has them; what a schema or a parse says itself goes before it.
z.config({ customError: valueFault });

/** Absent and `null` are the same: clients in the wild send `null` for what is not set. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value): z.output<S> | undefined => value ?? undefined);
}

/** Members that the server sets: clients send back what they read, so they are accepted and have no effect. */
export const serverSet = {
  createTime: setByServer('integer', 'Milliseconds since 1970.'),
  updateTime: setByServer('integer', 'Milliseconds since 1970.'),
  createdBy: setByServer('string'),
  updatedBy: setByServer('string'),
};

/** Whatever a client sends for it, null included, it is not read. */
export function setByServer(type: string, description = 'Set by the server.') {
  return z
    .unknown()
    .optional()
    .meta({ type: [type, 'null'], readOnly: true, description });
}

/** Stands in the answers to writes, and is dropped where a client sends it back. */
export const warnings = setByServer('array', '`{pointer, detail}` of what is suspicious and was stored all the same.')
  .transform((): undefined => undefined)
  .meta({ type: ['array', 'null'], readOnly: true });

const tag = z.strictObject({
  key: z.string().min(1, 'is empty; name the tag'),
  value: z.string(),
  type: optional(z.string()),
});
export type Tag = z.output<typeof tag>;

/** A tag, also in the form `"key:value"`. */
export const anyTag = z.union([
  z
    .string()
    .regex(/^[^:]+:/, 'write "key:value", or {"key": …, "value": …}')
    .transform((text): Tag => {
      const colon = text.indexOf(':');
      return { key: text.slice(0, colon), value: text.slice(colon + 1), type: undefined };
    }),
  tag,
]);
export const tags = z.array(anyTag);

/** All the faults that zod found, each at its own pointer; unknown members one by one. */
export function faultsOf(error: z.ZodError): ConfigFault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, []));
}

function faultsOfIssue(issue: z.core.$ZodIssue, at: readonly PropertyKey[]): ConfigFault[] {
  const path = [...at, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf(...path, key),
      detail: `there is no member ${JSON.stringify(key)} here; check its spelling, or remove it`,
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The variant that came furthest is the one that was meant.
    const [best] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
    return (best ?? []).flatMap((inner) => faultsOfIssue(inner, path));
  }
  // What is wrong with a name stands one level below.
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ pointer: pointerOf(...path), detail: message }));
  return [{ pointer: pointerOf(...path), detail: issue.message }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'invalid_type' ? 0 : 1)));
}
