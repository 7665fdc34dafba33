import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { digestOf } from '@rostrum/shared/digest';
import { type Backtracking, compileSchema, prepareDrafts } from '@rostrum/shared/json-schema';
import { LRUCache } from 'lru-cache';
import { maxDepth, nestsTooDeep } from './nesting.ts';
import { TookTooLong, withinTime } from '@rostrum/shared/within-time';

/** A JSON Schema as it was given: text, an object, or a boolean. */
export type GivenSchema = string | boolean | Record<string, unknown>;
export type JsonSchema = boolean | Record<string, unknown>;

/**
 * The schema itself; undefined for the empty text that some clients send for "none".
 *
 * @throws {SyntaxError} when the text is not JSON. @throws {TypeError} when it is not an object or a boolean.
 */
export function parseSchema(given: GivenSchema | undefined): JsonSchema | undefined {
  if (given === undefined || (typeof given === 'string' && given.trim() === '')) return undefined;
  const schema: unknown = typeof given === 'string' ? JSON.parse(given) : given;
  if (typeof schema === 'boolean') return schema;
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema;
  throw new TypeError('a JSON Schema is an object or a boolean');
}

/** What is wrong with schemas that were compiled, '' for nothing, by digest: a service may carry hundreds. */
const known = new LRUCache<string, string>({ max: 10_000 });

/** A validator of this many characters of schema takes a second to compile, at every ingress. */
const maxLength = 131_072;
/** The largest ordinary ones take a second on a slow machine (ms). Whoever compiles serves nobody else meanwhile. */
const maxCompileMs = 2_000;
const tooSlow = `takes longer than ${maxCompileMs} ms to compile; describe less`;
/** What was too slow may be tried again after this (ms): a machine that was busy with other things must not damn it for good. */
const slowAgainMs = 60_000;

/** What is wrong with a schema, or undefined when it compiles as draft-07 or 2020-12, by its `$schema`. */
export function schemaFault(given: GivenSchema): string | undefined {
  return faultOf(given, 'refuse');
}

/** The same for one that was stored already: its patterns may need backtracking, which once was nobody's concern. */
export function storedSchemaFault(given: GivenSchema): string | undefined {
  // Mostly there is nothing wrong, and a schema is compiled once.
  return faultOf(given, 'refuse') && faultOf(given, 'allow');
}

function faultOf(given: GivenSchema, backtracking: Backtracking): string | undefined {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  if (text.length > maxLength) return `is longer than ${maxLength} characters; describe less, or split the route`;
  if (nestsTooDeep(text)) return `nests deeper than ${maxDepth} levels`;
  let schema: JsonSchema | undefined;
  try {
    schema = parseSchema(given);
  } catch (error) {
    if (error instanceof TypeError) return `${error.message}; this is something else`;
    return `is not JSON: ${(error as Error).message}`;
  }
  if (schema === undefined) return undefined;
  const digest = digestOf(backtracking, JSON.stringify(schema));
  let fault = known.get(digest);
  if (fault === undefined) {
    fault = compileFault(schema, backtracking) ?? '';
    known.set(digest, fault, fault === tooSlow ? { ttl: slowAgainMs } : {});
  }
  return fault === '' ? undefined : fault;
}

/**
 * Compiles schemas one after the other and lets others have their turn in between; {@link schemaFault} knows them then.
 * What is no schema at all is left to it.
 */
export async function compileAhead(given: readonly unknown[]): Promise<void> {
  for (const each of given) {
    if (!isGivenSchema(each)) continue;
    const begin = performance.now();
    schemaFault(each);
    const took = performance.now() - begin;
    // Whoever was held up needs more than one turn of the event loop.
    await (took > 50 ? delay(100) : nextTurn());
  }
}

export function isGivenSchema(value: unknown): value is GivenSchema {
  return ['string', 'boolean', 'object'].includes(typeof value) && value !== null;
}

/** Config refuses what ingresses and executors could not compile: it is the same compiler. */
function compileFault(schema: JsonSchema, backtracking: Backtracking): string | undefined {
  prepareDrafts();
  try {
    withinTime(maxCompileMs, () => compileSchema(schema, backtracking));
    return undefined;
  } catch (error) {
    if (error instanceof TookTooLong) return tooSlow;
    if (error instanceof RangeError) return 'does not compile: it is too large, or its $refs go in circles too long';
    const { message } = error as Error;
    const unknownDraft = message.startsWith('no schema with key or ref');
    const drafts = 'write http://json-schema.org/draft-07/schema# or https://json-schema.org/draft/2020-12/schema';
    return unknownDraft ? `its $schema is not supported; ${drafts}` : `does not compile: ${message}`;
  }
}
