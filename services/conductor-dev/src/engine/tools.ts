import type { Json } from '../definitions/types.ts';
import type { HttpCaller } from './http-task.ts';
import type { ScriptRunner } from './scripts.ts';

/** A jq program that failed; the message is what a task's `reasonForIncompletion` says. */
export class JqFailure extends Error {
  override name = 'JqFailure';
}

/** Runs untrusted jq programs. */
export interface JqRunner {
  /** All results of a program, in their order. @throws {JqFailure} */
  run(program: string, input: Json): Promise<unknown[]>;
  close(): Promise<void>;
}

/** What tasks need that the engine cannot do itself. */
export interface Tools {
  scripts: ScriptRunner;
  jq: JqRunner;
  http: HttpCaller;
}
