import { type Deadline, deadlineIn } from '@rostrum/shared/bus';
import type { Run } from './context.ts';

/**
 * Until when the caller waits for the end, to be asked as soon as the request has arrived; over when it does not wait at
 * all. The deadline holds for everything before the end: without a workflow there is no id to leave with.
 */
export function waitsUntil({ request, runnable, deadline }: Pick<Run, 'request' | 'runnable' | 'deadline'>): Deadline {
  if (request.respondAsync || runnable.route.mode === 'ASYNCHRONOUS') return deadlineIn(0);
  if (request.waitMs === 0) return deadline;
  return deadlineIn(Math.min(request.waitMs, deadline.remaining()));
}
