import { createInterface } from 'node:readline/promises';
import { isatty } from 'node:tty';
import picocolors from 'picocolors';

export interface UiOptions {
  json: boolean;
  /** `--no-color` turns it off; NO_COLOR and FORCE_COLOR are heard as everywhere (https://no-color.org). */
  color: boolean;
}

/**
 * What a command says. Results go to stdout, everything else to stderr; with `--json` stdout has one JSON document and
 * nothing else.
 */
export class Ui {
  readonly json: boolean;
  readonly paint: ReturnType<typeof picocolors.createColors>;
  /** Whether programs have their result. */
  told = false;
  #line = '';

  constructor({ json, color }: UiOptions) {
    this.json = json;
    const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
    const wanted = color && !NO_COLOR && (Boolean(FORCE_COLOR) || (isatty(1) && TERM !== 'dumb'));
    this.paint = picocolors.createColors(wanted && !json);
  }

  /** A line for people. */
  say(line: string): void {
    this.#clear();
    if (!this.json) process.stdout.write(`${line}\n`);
  }

  /** A line about what is wrong. */
  complain(line: string): void {
    this.#clear();
    process.stderr.write(`${line}\n`);
  }

  warn(line: string): void {
    this.complain(`${this.paint.yellow('warning')} ${line}`);
  }

  /** The result for programs. */
  result(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    this.told = true;
  }

  /** What the command is at; on a terminal only, where the next line takes its place. */
  progress(line: string): void {
    if (this.json || !process.stderr.isTTY) return;
    this.#clear();
    this.#line = line;
    process.stderr.write(line);
  }

  /** Columns as wide as they need to be. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
    const line = (cells: readonly string[]) =>
      cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
    this.say(this.paint.bold(line(head)));
    for (const row of rows) this.say(line(row));
  }

  /** Whether somebody is there to be asked. */
  get interactive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY && !this.json;
  }

  /** Asks on the terminal; `hidden` keeps what is typed from being shown. */
  async ask(question: string, { hidden = false } = {}): Promise<string> {
    this.#clear();
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    if (!hidden) return reader.question(question).finally(() => reader.close());
    process.stderr.write(question);
    // Without an output readline still reads in raw mode, and echoes nothing.
    reader.close();
    const silent = createInterface({ input: process.stdin, terminal: true });
    return silent.question('').finally(() => {
      silent.close();
      process.stderr.write('\n');
    });
  }

  #clear(): void {
    if (this.#line !== '') process.stderr.write(`\r${' '.repeat(this.#line.length)}\r`);
    this.#line = '';
  }
}

/** `1 route`, `2 routes`. */
export function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
