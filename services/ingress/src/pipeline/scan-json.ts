import { pointerOf } from '@rostrum/shared/pointer';

/** How much structure a body may have. */
export interface JsonLimits {
  /** Levels of objects and arrays within each other. */
  depth: number;
  /** Members of objects and items of arrays, all together. */
  members: number;
}

/** What a body may not have, and where (JSON pointer). */
export class JsonFault extends Error {
  override name = 'JsonFault';
  readonly pointer: string;

  constructor(pointer: string, detail: string) {
    super(detail);
    this.pointer = pointer;
  }
}

/**
 * One pass over JSON text (RFC 8259), before anything makes objects of it; what only passes it on need not parse it.
 * Members that are there twice are refused, compared as they read without escapes: of such an object two readers may
 * see two different ones (section 4). So are names that reach a prototype where objects are merged without care. The
 * time is linear in the text's length, whatever it says, and of its names only those of open objects are remembered.
 *
 * @returns the names of an object's members; undefined for any other value.
 * @throws {JsonFault} @throws {SyntaxError} for what is no JSON; its message says no more.
 */
export function scanJson(text: string, limits: JsonLimits): ReadonlySet<string> | undefined {
  return new Scanner(text, limits).scan();
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const SMALL_E = 0x65;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Up to so many names of one object are compared one by one: that is faster than a set. */
const FEW = 8;
const escape = /["\\/bfnrt]|u[\da-fA-F]{4}/y;

/** Recurses, as deep as the limit lets it. */
class Scanner {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #members = 0;
  /** Where the scan is, for the pointer of a fault. */
  readonly #path: (string | number)[] = [];
  /** Names of open objects, the innermost's last. */
  readonly #names: string[] = [];

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  scan(): ReadonlySet<string> | undefined {
    this.#space();
    let names: Set<string> | undefined;
    if (this.#peek() === OPEN_OBJECT) this.#object((names = new Set()));
    else this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new SyntaxError();
    return names;
  }

  #value(): void {
    const char = this.#peek();
    if (char === QUOTE) this.#string();
    else if (char === OPEN_OBJECT) this.#object(undefined);
    else if (char === OPEN_ARRAY) this.#array();
    else if (char === MINUS || isDigit(char)) this.#number();
    else this.#word();
  }

  #object(known: Set<string> | undefined): void {
    const isConstructor = this.#path.at(-1) === 'constructor';
    const first = this.#names.length;
    let names = known;
    if (this.#isEmpty(CLOSE_OBJECT)) return;
    const place = this.#path.push('') - 1;
    do {
      this.#space();
      const name = this.#name();
      this.#path[place] = name;
      if (names ? names.has(name) : this.#names.includes(name, first)) throw this.#fault('is there twice');
      if (name === '__proto__' || (isConstructor && name === 'prototype')) throw this.#fault('is no name to be used');
      if (names) names.add(name);
      else if (this.#names.push(name) - first > FEW) names = new Set(this.#names.splice(first));
      this.#space();
      if (this.#text.charCodeAt(this.#at++) !== COLON) throw new SyntaxError();
      this.#member();
    } while (this.#goesOn(CLOSE_OBJECT));
    this.#names.length = first;
    this.#path.pop();
  }

  #array(): void {
    if (this.#isEmpty(CLOSE_ARRAY)) return;
    const place = this.#path.push(0) - 1;
    let index = 0;
    do {
      this.#path[place] = index++;
      this.#member();
    } while (this.#goesOn(CLOSE_ARRAY));
    this.#path.pop();
  }

  /** Whether what opens here is empty; goes past its bracket, and past both if so. */
  #isEmpty(close: number): boolean {
    if (this.#path.length >= this.#limits.depth) {
      throw new JsonFault('', `The body nests deeper than ${this.#limits.depth} levels.`);
    }
    this.#at++;
    this.#space();
    if (this.#peek() !== close) return false;
    this.#at++;
    return true;
  }

  #member(): void {
    if (++this.#members > this.#limits.members) {
      throw new JsonFault('', `The body has more than ${this.#limits.members} members and items.`);
    }
    this.#space();
    this.#value();
    this.#space();
  }

  #goesOn(close: number): boolean {
    const char = this.#text.charCodeAt(this.#at++);
    if (char === COMMA) return true;
    if (char === close) return false;
    throw new SyntaxError();
  }

  #name(): string {
    const begin = this.#at;
    const escaped = this.#string();
    const name = this.#text.slice(begin + 1, this.#at - 1);
    return escaped ? (JSON.parse(`"${name}"`) as string) : name;
  }

  /** Whether it has an escape. */
  #string(): boolean {
    const text = this.#text;
    let at = this.#at;
    if (text.charCodeAt(at++) !== QUOTE) throw new SyntaxError();
    let escaped = false;
    for (;;) {
      const char = text.charCodeAt(at++);
      if (char === QUOTE) break;
      if (char === BACKSLASH) {
        escaped = true;
        escape.lastIndex = at;
        if (!escape.test(text)) throw new SyntaxError();
        at = escape.lastIndex;
      } else if (!(char >= SPACE)) throw new SyntaxError(); // Also at the end, where it is NaN.
    }
    this.#at = at;
    return escaped;
  }

  #number(): void {
    if (this.#peek() === MINUS) this.#at++;
    if (this.#peek() === ZERO) this.#at++;
    else this.#digits();
    if (this.#peek() === POINT) {
      this.#at++;
      this.#digits();
    }
    if ((this.#peek() | 0x20) === SMALL_E) {
      this.#at++;
      if (this.#peek() === PLUS || this.#peek() === MINUS) this.#at++;
      this.#digits();
    }
  }

  #digits(): void {
    if (!isDigit(this.#peek())) throw new SyntaxError();
    while (isDigit(this.#peek())) this.#at++;
  }

  #word(): void {
    const word = words.find((each) => this.#text.startsWith(each, this.#at));
    if (word === undefined) throw new SyntaxError();
    this.#at += word.length;
  }

  #space(): void {
    for (;;) {
      const char = this.#peek();
      if (char !== SPACE && char !== LINE_FEED && char !== RETURN && char !== TAB) return;
      this.#at++;
    }
  }

  #peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #fault(detail: string): JsonFault {
    return new JsonFault(pointerOf(...this.#path), detail);
  }
}

const words = ['true', 'false', 'null'];

function isDigit(char: number): boolean {
  return char >= ZERO && char <= NINE;
}
