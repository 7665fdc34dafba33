export type ScriptErrorCode =
  | 'script-failed'
  | 'script-timeout'
  | 'script-memory'
  | 'script-output-too-large'
  | 'script-input-too-large'
  | 'sandbox-overloaded'
  | 'sandbox-closed';

/**
 * Why a run has no result. `message` is at most 500 characters, holds no stack and may be shown to the script's author.
 *
 * - `script-failed`: it threw, does not compile, left a rejection unhandled, or its result cannot be JSON
 * - `script-timeout`: it did not end by its deadline, or its promise can never settle
 * - `script-memory`: it used more memory than it may, or took its process down
 * - `script-output-too-large`, `script-input-too-large`: larger than the sandbox's limits
 * - `sandbox-overloaded`: it never began; it may be sent again
 * - `sandbox-closed`: the sandbox is closing; the script may have begun
 */
export class ScriptError extends Error {
  override name = 'ScriptError';
  readonly code: ScriptErrorCode;
  /** Where in the user's own script, from 1; absent where not known. */
  readonly line?: number;
  /** In UTF-16 code units, from 1. */
  readonly column?: number;
  /** What it had logged by then; nothing where its process had to be ended. */
  readonly logs: readonly string[];

  constructor(
    code: ScriptErrorCode,
    message: string,
    position: { line?: number; column?: number } = {},
    logs: readonly string[] = [],
  ) {
    super(message.slice(0, 500));
    this.code = code;
    this.logs = logs;
    if (position.line !== undefined) this.line = position.line;
    if (position.column !== undefined) this.column = position.column;
  }
}
