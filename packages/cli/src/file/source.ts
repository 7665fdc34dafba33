import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

/** Something wrong with a file, where it stands. */
export interface Fault {
  file: string;
  /** From 1. */
  line: number;
  column: number;
  detail: string;
}

/** One file of YAML (of which JSON is a part), and where in it what stands. */
export class Source {
  readonly file: string;
  /** What is wrong with it as YAML. */
  readonly faults: Fault[];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true });
    this.faults = this.#document.errors.map(({ pos, message }) => this.#at(pos[0], `cannot be read: ${message}`));
  }

  /** Its content as plain values. @throws {Error} when aliases make it huge. */
  content(): unknown {
    return this.#document.toJS({ maxAliasCount: 1_000 });
  }

  /** A fault at the JSON pointer, or at what is nearest to it where there is no such thing. */
  fault(pointer: string, detail: string): Fault {
    return this.#at(this.#offsetOf(stepsOf(pointer)), detail);
  }

  /** `<file>:<line>:<column>` of what stands there. */
  place(pointer: string): string {
    const { file, line, column } = this.fault(pointer, '');
    return `${file}:${line}:${column}`;
  }

  #at(offset: number, detail: string): Fault {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), detail };
  }

  #offsetOf(steps: readonly string[]): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const step of steps) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
        if (isNode(pair?.key)) offset = pair.key.range?.[0] ?? offset;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        if (isNode(next)) offset = next.range?.[0] ?? offset;
      }
      if (!isNode(next)) break;
      node = next;
    }
    return offset;
  }
}

/** The steps of a JSON pointer (RFC 6901). */
function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function faultLine({ file, line, column, detail }: Fault): string {
  return `${file}:${line}:${column}: ${detail}`;
}
