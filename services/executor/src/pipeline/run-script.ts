import { ScriptError, type ScriptErrorCode } from '@rostrum/sandbox';
import { Problem, type ProblemCode, type ProblemExtras } from '@rostrum/shared/problems';
import type { Begun, Deps, Run } from './context.ts';

const codes: Record<ScriptErrorCode, ProblemCode> = {
  'script-failed': 'script-failed',
  'script-timeout': 'script-timeout',
  'script-memory': 'script-timeout',
  'script-input-too-large': 'script-failed',
  'script-output-too-large': 'script-failed',
  'sandbox-overloaded': 'overloaded',
  'sandbox-closed': 'service-unavailable',
};

/** The workflow's input: what the pre-request script makes of the caller's, JSON text. @throws {Problem} */
export async function runPreRequestScript(run: Run, deps: Deps): Promise<string> {
  const input = Buffer.from(run.request.input).toString();
  const script = run.runnable.route.preRequestScript;
  if (!script) return input;
  const output = await runScript('pre-request', script, input, run, deps, {});
  // Conductor takes an object as a workflow's input, and nothing else.
  if (!output.startsWith('{')) {
    throw new Problem(
      'script-failed',
      'The pre-request script gave no object; its last expression is the workflow’s input.',
    );
  }
  return output;
}

/** The answer's body: what the post-response script makes of the workflow's output, JSON text. @throws {Problem} */
export async function runPostResponseScript(
  output: string,
  workflowId: string,
  run: Begun,
  deps: Deps,
): Promise<string> {
  const script = run.runnable.route.postResponseScript;
  if (!script) return output;
  return runScript('post-response', script, output, run, deps, { workflowId });
}

async function runScript(
  which: 'pre-request' | 'post-response',
  script: string,
  input: string,
  { runnable, requestId }: Begun,
  { sandbox, limits, log }: Deps,
  extras: ProblemExtras,
): Promise<string> {
  const { service, revision, route } = runnable;
  try {
    const { output, logs } = await sandbox.run({
      script,
      input,
      deadlineMs: limits.scriptTimeoutMs,
      owner: service,
      revision: `${service}@${revision}:${route.id}:${which}`,
    });
    if (logs.length > 0) log.info({ requestId, of: service, route: route.id, which, logs }, 'script log');
    return output;
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    const code = codes[error.code];
    const where = error.line === undefined ? '' : ` (line ${error.line}, column ${error.column ?? 1})`;
    const retry = code === 'overloaded' || code === 'service-unavailable' ? { retryAfter: 1 } : {};
    throw new Problem(
      code,
      `The ${which} script failed: ${error.message.replace(/\.$/, '')}${where}.`,
      { ...extras, ...retry },
      error,
    );
  }
}
