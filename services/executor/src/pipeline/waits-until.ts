import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Execute } from '@rostrum/shared/messages';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import type { Caller } from './caller.ts';

/**
 * Until when the caller waits for the end, to be asked as soon as the request has arrived; over when it does not wait at
 * all, and as soon as it hangs up. The deadline holds for everything before the end: without a workflow there is no id to leave with.
 */
export function waitsUntil(
  { respondAsync, waitMs }: Pick<Execute, 'respondAsync' | 'waitMs'>,
  { mode }: Pick<ExecutionRoute, 'mode'>,
  deadline: Deadline,
  caller: Pick<Caller, 'gone'>,
): Deadline {
  if (respondAsync || mode === 'ASYNCHRONOUS') return deadlineIn(0);
  const { at, remaining } = waitMs === 0 ? deadline : deadlineIn(Math.min(waitMs, deadline.remaining()));
  return { at, remaining: () => (caller.gone ? 0 : remaining()) };
}
