import type { Outcome } from '@rostrum/shared/messages';
import type { Begun, Deps } from './context.ts';

/**
 * The caller leaves with the id. The record has to stand before the answer does: without one the answer still says that
 * the workflow runs, but gives no address to look it up at.
 */
export async function leave(
  workflowId: string,
  { requestId, principal, runnable }: Begun,
  deps: Deps,
): Promise<Outcome> {
  const { service, revision, route } = runnable;
  try {
    await deps.records.write(workflowId, { service, revision, route: route.id, principal });
    return { kind: 'accepted', workflowId, tracked: true };
  } catch (error) {
    deps.log.warn({ requestId, workflowId, cause: (error as Error).message }, 'no record of the execution');
    return { kind: 'accepted', workflowId, tracked: false };
  }
}
