import { unreadable } from '../errors.ts';

/** The query of a request, read as the real server reads it: a value of the wrong type is a 500 that names the parameter. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(url: string) {
    const at = url.indexOf('?');
    this.#values = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  }

  /** Undefined when missing or blank. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  /** Every value, blank ones too. */
  texts(name: string): string[] {
    return this.#values.getAll(name);
  }

  integer<D extends number | undefined>(name: string, fallback: D): number | D {
    const text = this.text(name);
    return text === undefined ? fallback : readInteger(name, text);
  }

  /** A whole number that may be larger than an integer, such as a time. */
  long(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : readInteger(name, text, 'Long');
  }

  flag(name: string, fallback: boolean): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return fallback;
    if (['true', 'on', 'yes', '1'].includes(text)) return true;
    if (['false', 'off', 'no', '0'].includes(text)) return false;
    throw unreadable(`Method parameter '${name}': Invalid boolean value [${text}]`);
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (choices.includes(text as T)) return text as T;
    throw unreadable(`Method parameter '${name}': '${text}' is none of ${choices.join(', ')}`);
  }
}

/** @throws {ConductorError} 500 */
export function readInteger(name: string, text: string, type: 'Integer' | 'Long' = 'Integer'): number {
  if ((type === 'Long' ? /^\s*[+-]?\d{1,15}\s*$/ : /^\s*[+-]?\d{1,10}\s*$/).test(text)) return Number(text);
  throw unreadable(
    `Method parameter '${name}': Failed to convert value of type 'java.lang.String' to required type 'java.lang.${type}'; For input string: "${text}"`,
  );
}
