import { isDeepStrictEqual } from 'node:util';
import { PathError } from './path-error.ts';

/** Whether an item of a list is kept. */
export type Filter = (item: unknown) => boolean;

/** The values that an operand has for an item: one, or none for a path that leads nowhere. */
type Operand = (item: unknown) => unknown[];

/** Compiles a path behind `@`. */
type ReadFrom = (path: string) => Operand;

const token =
  /\s*(?:(&&|\|\||==|!=|<=|>=|=~|[<>!()])|(@(?:\.[^\s.[\]()&|=!<>]+|\[[^\]]*\])*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|\/((?:[^/\\]|\\.)+)\/([a-z]*)|(\[[^\]]*\])|(\w+))/y;

/** Index of the bracket that closes the one a text begins with, or -1; brackets in quotes do not count. */
export function closingBracket(text: string): number {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '[') depth += 1;
    else if (char === ']' && --depth === 0) return at;
  }
  return -1;
}

/**
 * Compiles what stands in `[?…]`: comparisons of `@` paths, texts, numbers, lists and patterns with `==`, `!=`, `<`, `<=`,
 * `>`, `>=`, `=~`, `in` and `nin`, or a path alone, which must lead somewhere; joined by `&&`, `||`, `!` and parentheses.
 *
 * @throws {PathError} 400 for what cannot be read, 501 for another operator.
 */
export function compileFilter(source: string, path: string, readFrom: ReadFrom): Filter {
  const parser = new FilterParser(source, path, readFrom);
  return parser.parse();
}

class FilterParser {
  readonly #path: string;
  readonly #readFrom: ReadFrom;
  readonly #tokens: RegExpExecArray[] = [];
  #at = 0;

  constructor(source: string, path: string, readFrom: ReadFrom) {
    this.#path = path;
    this.#readFrom = readFrom;
    token.lastIndex = 0;
    for (let end = 0; source.slice(end).trim() !== ''; end = token.lastIndex) {
      const match = token.exec(source);
      if (!match) throw this.#invalid();
      this.#tokens.push(match);
    }
  }

  parse(): Filter {
    const filter = this.#any();
    if (this.#at < this.#tokens.length) throw this.#invalid();
    return filter;
  }

  #any(): Filter {
    const parts = [this.#every()];
    while (this.#takes('||')) parts.push(this.#every());
    return (item) => parts.some((part) => part(item));
  }

  #every(): Filter {
    const parts = [this.#one()];
    while (this.#takes('&&')) parts.push(this.#one());
    return (item) => parts.every((part) => part(item));
  }

  #one(): Filter {
    if (this.#takes('!')) {
      const inner = this.#one();
      return (item) => !inner(item);
    }
    if (this.#takes('(')) {
      const inner = this.#any();
      if (!this.#takes(')')) throw this.#invalid();
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): Filter {
    const left = this.#operand();
    const [, symbol, , , , , , , , word] = this.#tokens[this.#at] ?? [];
    const name = symbol ?? word;
    if (name === undefined || ['&&', '||', ')'].includes(name)) return (item) => left(item).length > 0;
    const compare = comparisons[name.toLowerCase()];
    if (!compare) {
      throw new PathError(501, `conductor-dev does not support the operator ${name} in expressions: ${this.#path}`);
    }
    this.#at += 1;
    const right = this.#operand();
    return (item) => compare(left(item), right(item));
  }

  #operand(): Operand {
    const found = this.#tokens[this.#at++];
    if (!found) throw this.#invalid();
    const [, , path, single, double, number, pattern, flags, list, word] = found;
    if (path !== undefined) return this.#readFrom(path.slice(1));
    const text = single ?? double;
    if (text !== undefined) return constant(text.replace(/\\(.)/g, '$1'));
    if (number !== undefined) return constant(Number(number));
    if (pattern !== undefined) return constant(this.#pattern(pattern, flags ?? ''));
    if (list !== undefined) return constant(this.#list(list));
    if (word !== undefined && Object.hasOwn(words, word)) return constant(words[word]);
    throw this.#invalid();
  }

  /** A pattern has to match all of a text. */
  #pattern(source: string, flags: string): RegExp {
    try {
      return new RegExp(`^(?:${source})$`, flags.replace(/[^ims]/g, ''));
    } catch {
      throw this.#invalid();
    }
  }

  #list(source: string): unknown {
    try {
      return JSON.parse(source.replace(/'((?:[^'\\]|\\.)*)'/g, (_, text: string) => JSON.stringify(text)));
    } catch {
      throw this.#invalid();
    }
  }

  #takes(symbol: string): boolean {
    if (this.#tokens[this.#at]?.[1] !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #invalid(): PathError {
    return new PathError(400, `${this.#path} is not valid: its filter cannot be read`);
  }
}

const words: Record<string, unknown> = { true: true, false: false, null: null };

const constant =
  (value: unknown): Operand =>
  () => [value];

type Compare = (left: unknown[], right: unknown[]) => boolean;

const isIn: Compare = ([left], [right]) => Array.isArray(right) && right.some((one) => isEqual([left], [one]));

const comparisons: Record<string, Compare> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  '=~': ([left], [right]) => right instanceof RegExp && typeof left === 'string' && right.test(left),
  in: isIn,
  nin: (left, right) => !isIn(left, right),
};

/** What leads nowhere is null; a number in a text is that number. */
function isEqual(left: unknown[], right: unknown[]): boolean {
  const [a = null] = left;
  const [b = null] = right;
  if (typeof a === 'number' && typeof b === 'string') return b.trim() !== '' && a === Number(b);
  if (typeof a === 'string' && typeof b === 'number') return isEqual(right, left);
  return isDeepStrictEqual(a, b);
}

function ordered(holds: (order: number) => boolean): Compare {
  return ([left], [right]) => {
    if (typeof left === 'string' && typeof right === 'string') return holds(left < right ? -1 : left > right ? 1 : 0);
    const [a, b] = [Number(left), Number(right)];
    return typeof left !== 'object' && left !== undefined && right !== undefined && holds(a - b);
  };
}
