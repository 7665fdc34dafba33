import type { Json } from '../definitions/types.ts';

/** A script that failed; the message is what a task's `reasonForIncompletion` says. */
export class ScriptFailure extends Error {
  override name = 'ScriptFailure';
  readonly retriable: boolean;

  constructor(message: string, kind: 'final' | 'retriable' = 'final') {
    super(message);
    this.retriable = kind === 'retriable';
  }
}

/** A script, its `$`, and where it stands: scripts of different workflows never share anything. */
export interface ScriptSource {
  script: string;
  input: Json;
  workflow: string;
  task: string;
}

/** Runs untrusted JavaScript. */
export interface ScriptRunner {
  /**
   * The value of the script's last statement, undefined as null.
   *
   * @throws {ScriptFailure}
   */
  run(source: ScriptSource): Promise<unknown>;
  /** What is wrong with a script's syntax, or undefined. */
  check(script: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export type EvaluatorType = 'javascript' | 'graaljs' | 'value-param';

export function isEvaluatorType(text: string): text is EvaluatorType {
  return text === 'javascript' || text === 'graaljs' || text === 'value-param';
}

/** The value of the expression of an INLINE or SWITCH task. @throws {ScriptFailure} */
export async function evaluate(scripts: ScriptRunner, type: EvaluatorType, source: ScriptSource): Promise<unknown> {
  const { input, script } = source;
  if (type !== 'value-param') return scripts.run(source);
  return Object.hasOwn(input, script) ? (input[script] ?? null) : null;
}
