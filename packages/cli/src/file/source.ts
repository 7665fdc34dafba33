import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Scalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

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
  readonly #text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  #content: unknown;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, merge: true });
    const { errors, warnings } = this.#document;
    // What YAML only warns of, a tag that nobody knows, changes what is meant.
    this.faults = [...errors, ...warnings].map(({ code, pos, message }) => {
      const detail = code === 'MULTIPLE_DOCS' ? 'another document begins here; put it into a file of its own' : message;
      return this.#at(pos[0], `cannot be read: ${detail}`);
    });
    if (this.faults.length === 0) this.#checkAliases();
  }

  /** Its content as plain values; to be asked for where there are no faults. */
  content(): unknown {
    return this.#content;
  }

  /** Aliases are resolved when the content is made: those that cannot be are faults of the file. */
  #checkAliases(): void {
    let first = 0;
    visit(this.#document, {
      Alias: (_key, alias, path) => {
        const at = alias.range?.[0] ?? 0;
        first ||= at;
        const fault = this.#aliasFault(alias, path);
        if (fault !== undefined) this.faults.push(this.#at(at, `cannot be read: ${fault}`));
      },
    });
    if (this.faults.length > 0) return;
    try {
      this.#content = this.#document.toJS({ maxAliasCount: 1_000 });
    } catch {
      this.faults.push(
        this.#at(first, 'cannot be read: aliases of aliases make it huge; write out what they stand for'),
      );
    }
  }

  #aliasFault(alias: Alias, path: readonly unknown[]): string | undefined {
    const node = alias.resolve(this.#document);
    if (!node) return `nothing before has the anchor &${alias.source}`;
    return path.includes(node) ? `*${alias.source} stands within itself` : undefined;
  }

  /**
   * A fault at the JSON pointer, or at what is nearest to it where there is no such thing: a text, number or reference at
   * its value, a member that should not be there (`member`) and what has members at its name. A script that does not
   * compile is at the line and column of this file where it breaks off.
   */
  fault(pointer: string, detail: string, at: 'value' | 'member' = 'value'): Fault {
    const { offset, value } = this.#find(stepsOf(pointer));
    const inText = /^does not compile \(line (\d+)(?:, column (\d+))?\): /.exec(detail);
    if (at === 'member' || value === undefined) return this.#at(offset, detail);
    const start = value.range?.[0] ?? offset;
    if (!inText || !isScalar(value)) return this.#at(start, detail);
    const [line, column] = [Number(inText[1]), Number(inText[2] ?? 1)];
    const place = this.#placeInText(value, line, column);
    return place ? { file: this.file, ...place, detail: detail.replace(/ \(.*?\)/, '') } : this.#at(start, detail);
  }

  /** Where the line and column of a text stand; undefined where quoting or folding has moved them. */
  #placeInText({ range, type, value }: Scalar, line: number, column: number) {
    if (!range || typeof value !== 'string') return undefined;
    const start = this.#lines.linePos(range[0]);
    if (type !== 'BLOCK_LITERAL') {
      const written = this.#text.slice(range[0], range[1]);
      const quote = written.indexOf(value);
      return line > 1 || value.includes('\n') || quote < 0
        ? undefined
        : { line: start.line, column: start.col + quote + column - 1 };
    }
    const lines = this.#text.split('\n');
    const first = value.split('\n').find((each) => each.trim() !== '') ?? '';
    const shown = lines.slice(start.line).find((each) => each.trim() !== '') ?? '';
    const indent = shown.length - (first.endsWith('\r') ? first.length + 1 : first.length);
    return { line: start.line + line, column: Math.max(indent, 0) + column };
  }

  /** `<file>:<line>:<column>` of what stands there. */
  place(pointer: string): string {
    const { file, line, column } = this.fault(pointer, '', 'member');
    return `${file}:${line}:${column}`;
  }

  #at(offset: number, detail: string): Fault {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), detail };
  }

  /** `value`: where it is a leaf that the steps lead to. */
  #find(steps: readonly string[]): { offset: number; value?: Node } {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of steps.entries()) {
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
      const isLeaf = !isMap(node) && !isSeq(node);
      if (isLeaf && index === steps.length - 1) return { offset, value: node };
    }
    return { offset };
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
