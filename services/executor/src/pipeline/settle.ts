import { readHttpResponse, ResponseFault } from '@rostrum/shared/http-response';
import type { Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';
import { orConductorProblem } from './conductor-problem.ts';
import { ConductorError, type Turn } from '../domain/conductor.ts';
import { type Begun, type Deps, turnOf } from './context.ts';
import { runPostResponseScript } from './run-script.ts';
import type { Seen } from '../waiting/seen.ts';

/** Turns what was waited for into the caller's answer: output schema, metadata, post-response script. @throws {Problem} */
export async function settle(
  seen: Exclude<Seen, { kind: 'running' }>,
  workflowId: string,
  run: Begun,
  deps: Deps,
): Promise<Outcome> {
  switch (seen.kind) {
    case 'task':
      return answer(seen.output, workflowId, run, deps);
    case 'task-failed':
      throw new Problem('awaited-task-failed', `The task ${seen.task} failed.`, { workflowId, reason: seen.reason });
    case 'ended': {
      const { status, output } = seen.state;
      if (status !== 'COMPLETED') throw await failure(status, workflowId, run, deps);
      if (run.runnable.route.waitUntilTasks.length > 0) {
        const detail = `The workflow ended without ${run.runnable.route.waitUntilTasks.join(' or ')} having been completed.`;
        throw new Problem('awaited-task-failed', detail, { workflowId, workflowStatus: status });
      }
      return answer(await withMetadata(output ?? {}, workflowId, run, deps), workflowId, run, deps);
    }
    default:
      throw new Problem('internal-error', 'The workflow ended in a way that is not known here.', { workflowId });
  }
}

async function answer(output: unknown, workflowId: string, run: Begun, deps: Deps): Promise<Outcome> {
  const { route, schemaDigest } = run.runnable;
  const json = JSON.stringify(output);
  if (route.outputSchema !== undefined) {
    const errors = deps.schemas.get(schemaDigest, () => route.outputSchema)(output, json.length);
    if (errors.length > 0) {
      const detail = 'The workflow’s output does not fit the route’s output schema; see errors.';
      throw new Problem('output-schema-violation', detail, { errors, workflowId });
    }
  }
  const body = await runPostResponseScript(json, workflowId, run, deps);
  if (route.outputIsResponse) return ownResponse(body, workflowId);
  return { kind: 'ok', body: Buffer.from(body), workflowId };
}

/** @throws {Problem} response-invalid. */
function ownResponse(result: string, workflowId: string): Outcome {
  try {
    return { kind: 'ok', workflowId, ...readHttpResponse(JSON.parse(result)) };
  } catch (error) {
    if (!(error instanceof ResponseFault)) throw error;
    throw new Problem('response-invalid', `The route’s result is no HTTP response: ${error.message}.`, { workflowId });
  }
}

/** With `workflowMetadataInOutput`: `{workflowId, status, createTime, endTime, output}`, times in ms. */
async function withMetadata(output: unknown, workflowId: string, run: Begun, deps: Deps): Promise<unknown> {
  if (!run.runnable.route.metadataInOutput) return output;
  try {
    const { status, createTime, endTime } = await deps.conductor.workflow(workflowId, false, lastCall(run));
    return { workflowId, status, createTime, endTime, output };
  } catch (error) {
    throw orConductorProblem(error, 'tell of the workflow', { workflowId });
  }
}

/** A workflow that has ended at the caller's deadline is still told of: its ingress waits a little longer for it. */
function lastCall({ deadline, runnable }: Begun): Turn {
  return turnOf(runnable, 'look', Math.max(1_000, deadline.remaining()));
}

async function failure(status: string, workflowId: string, run: Begun, deps: Deps): Promise<Problem> {
  const reason = await reasonOf(workflowId, run, deps);
  const extras = { workflowId, workflowStatus: status, ...(reason === undefined ? {} : { reason }) };
  if (status === 'TIMED_OUT')
    return new Problem('workflow-timed-out', 'The workflow timed out by its own definition.', extras);
  return new Problem('workflow-failed', `The workflow ended ${status}.`, extras);
}

/** The light status does not tell the reason; without it the problem is poorer, but still told. */
async function reasonOf(workflowId: string, run: Begun, deps: Deps): Promise<string | undefined> {
  try {
    return (await deps.conductor.workflow(workflowId, false, lastCall(run))).reasonForIncompletion ?? undefined;
  } catch (error) {
    if (error instanceof ConductorError) return undefined;
    throw error;
  }
}
