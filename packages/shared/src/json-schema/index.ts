import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { pointerOf } from '../pointer.ts';
import type { Fault } from '../problems/index.ts';
import { bounded } from './bounded.ts';
import { costOf } from './cost.ts';
import { addBoundedFormats } from './formats.ts';
import { addGather, gatherInPlace } from './gather-errors.ts';
import { type Pattern, type PatternFault, patternEngine } from './patterns.ts';
import { uniqueItems } from './unique-items.ts';

/**
 * What a JSON Schema means here, the same for the service that stores it and those that apply it: draft-07 when
 * `$schema` says so, else 2020-12; formats are checked; nothing is fetched, so `$ref` reaches inside the schema only.
 */

/** The faults of a value; empty when it fits. `size`: how long its JSON is, about, where that is known. */
export type Validator = (value: unknown, size?: number) => Fault[];

/** `inlineRefs` off: inlined, a schema of 30 KB that refers to a large part of itself 200 times takes half a minute. */
const options: Options = {
  allErrors: true,
  strict: false,
  validateFormats: true,
  inlineRefs: false,
  logger: false,
};
const MAX_FAULTS = 50;

/** Hold the drafts' own schemas, whose compiling takes ten times as long as that of what they are asked about. */
const draft07 = new Ajv(options);
const draft2020 = new Ajv2020(options);

/**
 * Compiles the drafts' own schemas, if need be. Without it the first {@link compileSchema} does; where that is cut off in the
 * middle, they are broken for good, and every schema is refused from then on.
 */
export function prepareDrafts(): void {
  for (const checker of [draft07, draft2020]) void checker.validateSchema({});
}

/** Where a pattern needs backtracking: *refuse* the schema, or *allow* it, always under the eye of {@link bounded}. */
export type Backtracking = 'refuse' | 'allow';

/** @throws {Error} when the schema does not compile; the message is fit for its author. */
export function compileSchema(schema: unknown, backtracking: Backtracking = 'allow'): Validator {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) {
    throw new Error('a JSON Schema is an object or a boolean');
  }
  const draft = typeof schema === 'object' && '$schema' in schema ? String(schema.$schema) : '';
  const Draft = draft.includes('draft-07') ? Ajv : Ajv2020;
  const checker = Draft === Ajv ? draft07 : draft2020;
  if (!checker.validateSchema(schema)) throw new Error(`schema is invalid: ${checker.errorsText(checker.errors)}`);
  let cost = costOf(schema);
  // Stored before such patterns were refused.
  const backtrack = (pattern: string, flags: string, fault: PatternFault): Pattern => {
    if (backtracking === 'refuse') throw fault;
    cost = Number.POSITIVE_INFINITY;
    return new RegExp(pattern, flags);
  };
  // An instance for each schema: what they name by $id must not meet.
  const ajv = new Draft({
    ...options,
    validateSchema: false,
    code: { regExp: patternEngine(backtrack), process: gatherInPlace },
  });
  addBoundedFormats(ajv);
  addGather(ajv);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword(uniqueItems);
  const validate: ValidateFunction = ajv.compile(schema);
  return bounded(cost, (value) => (validate(value) ? [] : (validate.errors ?? []).slice(0, MAX_FAULTS).map(toFault)));
}

function toFault(error: ErrorObject): Fault {
  const { instancePath, keyword, params, message = 'does not fit' } = error;
  if (keyword === 'required')
    return { pointer: `${instancePath}${pointerOf(String(params.missingProperty))}`, detail: 'is required' };
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const name = String(params.additionalProperty ?? params.unevaluatedProperty);
    return { pointer: `${instancePath}${pointerOf(name)}`, detail: 'is not a known member' };
  }
  if (keyword === 'enum')
    return { pointer: instancePath, detail: `must be one of ${JSON.stringify(params.allowedValues)}` };
  return { pointer: instancePath, detail: message };
}

/** Validators by their schema's digest: compiled on first use (about 1 ms, 8.5 KB each), the least used dropped. */
export class SchemaCache {
  readonly #validators: LRUCache<string, Validator>;

  constructor(max = 1_000) {
    this.#validators = new LRUCache({ max });
  }

  /** `schema` gives the schema of that digest when it has to be compiled. @throws {Error} when it does not compile. */
  get(digest: string, schema: () => unknown): Validator {
    const known = this.#validators.get(digest);
    if (known) return known;
    const compiled = compileSchema(schema());
    this.#validators.set(digest, compiled);
    return compiled;
  }
}
