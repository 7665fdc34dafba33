import { unreadable, unsupported } from '../errors.ts';
import type { Json } from './types.ts';

/**
 * Reads the members of a JSON body as the real server's JSON library does: a number may stand in a string, a member that
 * is null or missing takes its default, a wrong type is a 500 that says so.
 */
export class Fields {
  readonly #body: Json;
  readonly #type: string;

  /** `type` names what is read, for messages. @throws {ConductorError} 500 when the body is no object. */
  constructor(body: unknown, type: string) {
    if (!isJson(body)) {
      throw unreadable(`JSON parse error: Cannot deserialize value of type \`${type}\` from ${kindOf(body)} value`);
    }
    this.#body = body;
    this.#type = type;
  }

  text(name: string): string | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') throw this.#wrong(name, 'java.lang.String', value);
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  integer<D extends number | undefined>(name: string, fallback: D): number | D {
    const value = this.#body[name];
    if (value === undefined || value === null) return fallback;
    const number = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number') throw this.#wrong(name, 'java.lang.Integer', value);
    return Math.trunc(number);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#body[name];
    if (value === undefined || value === null) return fallback;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw this.#wrong(name, 'java.lang.Boolean', value);
  }

  /** One of a closed set. */
  choice<T extends string, D extends T | undefined>(name: string, choices: readonly T[], fallback: D): T | D {
    const value = this.#body[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'string' && choices.includes(value as T)) return value as T;
    throw unreadable(
      `JSON parse error: Cannot deserialize ${this.#type}.${name} from ${JSON.stringify(value)}: ` +
        `not one of the values accepted: [${choices.join(', ')}]`,
    );
  }

  /** An object; `fallback` when it is missing. Null stays null, which the real server tells apart for an input. */
  object<D extends Json | undefined>(name: string, fallback: D): Json | D {
    const value = this.#body[name];
    if (value === undefined || value === null) return fallback;
    if (!isJson(value)) throw this.#wrong(name, 'java.util.LinkedHashMap', value);
    return value;
  }

  list(name: string): unknown[] {
    const value = this.#body[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.#wrong(name, 'java.util.ArrayList', value);
    return value;
  }

  raw(name: string): unknown {
    return this.#body[name];
  }

  #wrong(name: string, type: string, value: unknown) {
    return unreadable(
      `JSON parse error: Cannot deserialize value of type \`${type}\` from ${kindOf(value)} value (${this.#type}.${name})`,
    );
  }
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {ConductorError} 501 when a member with an effect this server does not have is set. */
export function refuse(fields: Fields, names: readonly string[], where: string): void {
  for (const name of names) {
    const value = fields.raw(name);
    const empty = (Array.isArray(value) && value.length === 0) || (isJson(value) && Object.keys(value).length === 0);
    if (value && !empty) throw unsupported(`${name} of ${where}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'string' ? `String ${JSON.stringify(value)}` : typeof value;
}
