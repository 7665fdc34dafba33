import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Execute } from '@rostrum/shared/messages';
import type { ExecutionRoute } from '@rostrum/shared/revision';

/**
 * Until when the caller waits for the end, to be asked as soon as the request has arrived; over when it does not wait at
 * all. The deadline holds for everything before the end: without a workflow there is no id to leave with.
 */
export function waitsUntil(
  { respondAsync, waitMs }: Pick<Execute, 'respondAsync' | 'waitMs'>,
  { mode }: Pick<ExecutionRoute, 'mode'>,
  deadline: Deadline,
): Deadline {
  if (respondAsync || mode === 'ASYNCHRONOUS') return deadlineIn(0);
  return waitMs === 0 ? deadline : deadlineIn(Math.min(waitMs, deadline.remaining()));
}
