import type { Frame } from './child/frames.mjs';
import { ScriptError, type ScriptErrorCode } from './errors.ts';
import type { ScriptResult } from './types.ts';

/** What a child may say of a script; every other code is the parent's to give. */
const codes: readonly unknown[] = [
  'script-failed',
  'script-timeout',
  'script-memory',
  'script-output-too-large',
] satisfies ScriptErrorCode[];

/** Reads a child's `done` frame. A child has run untrusted code: what does not look right becomes `script-failed`. */
export function toOutcome({ head, texts }: Frame): ScriptResult | ScriptError {
  const [text = ''] = texts;
  const logs = Array.isArray(head.logs) ? head.logs.map(String) : [];
  if (head.code === undefined) return { output: text, durationMs: Number(head.durationMs), logs };
  const code = codes.includes(head.code) ? (head.code as ScriptErrorCode) : 'script-failed';
  const { line, column } = head;
  const position = {
    ...(Number.isInteger(line) && { line: line as number }),
    ...(Number.isInteger(column) && { column: column as number }),
  };
  return new ScriptError(code, text, position, logs);
}

export const timedOut = () => new ScriptError('script-timeout', 'the script did not end in time');
export const outOfMemory = () => new ScriptError('script-memory', 'the script used too much memory');
export const overloaded = (why: string) => new ScriptError('sandbox-overloaded', `the script did not begin: ${why}`);
export const closed = () => new ScriptError('sandbox-closed', 'the sandbox is closing');
