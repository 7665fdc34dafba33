import { z } from 'zod';

/** Configuration look-ups travel as JSON: they are rare, and read by people when something is wrong. */

/** A service and its newest revision; `deleted` when the service is gone (its number still counts upwards). */
export const head = z.object({ service: z.string(), revision: z.number(), deleted: z.boolean().optional() });
export type Head = z.infer<typeof head>;

/** Asks for the heads of all services after this one in order of name; `''` begins. */
export const snapshotAsk = z.object({ after: z.string() });

/**
 * A page of heads. `sequence` grows with every head that moves and is what the beat tells; `next` is what to ask after
 * for the following page, absent on the last.
 */
export const snapshotAnswer = z.object({ sequence: z.number(), heads: z.array(head), next: z.string().optional() });
export type SnapshotAnswer = z.infer<typeof snapshotAnswer>;

/**
 * Asks for one part of one revision. Answered with the part's JSON, or with `null` when it is gone. Who names a byte to
 * begin `from` takes pages, too, where the part is larger than a message; who does not, is of a release that could not.
 */
export const revisionAsk = z.object({ service: z.string(), revision: z.number(), from: z.number().optional() });

/** A page of a part: base64 of the bytes of its JSON, from the asked one on, and how many it has altogether. */
export const revisionPage = z.strictObject({ page: z.string(), bytes: z.number() });

/** Asks for the Conductor credentials of an application. Answered with `null` when it has none (any more). */
export const credentialsAsk = z.object({ application: z.string() });
export type CredentialsAsk = z.infer<typeof credentialsAsk>;
export const credentialsAnswer = z.object({ keyId: z.string(), keySecret: z.string() }).nullable();

/**
 * Published when heads move, and every second without heads (the beat). `after`: these are all the heads that moved
 * after that sequence and up to `sequence`; absent when they are not all.
 */
export const changedNotice = z.object({ sequence: z.number(), heads: z.array(head), after: z.number().optional() });
export type ChangedNotice = z.infer<typeof changedNotice>;

export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** @throws when the bytes are not JSON, or not of this shape. */
export function decodeJson<S extends z.ZodType>(schema: S, data: Uint8Array): z.output<S> {
  return schema.parse(JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()));
}
