export { ScriptError, type ScriptErrorCode } from './errors.ts';
export { createSandbox } from './sandbox.ts';
export type { Sandbox, SandboxEvent, SandboxOptions, SandboxStats, ScriptResult, ScriptRun } from './types.ts';
