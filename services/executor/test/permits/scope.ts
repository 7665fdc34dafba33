import { randomUUID } from 'node:crypto';
import type { StartIntent } from '../../src/permits/permits.ts';

export const pool = 'default';
export const scope = 'orders/create';

export function intent(times: { remainingMs?: number; startWithinMs?: number } = {}): StartIntent {
  return {
    ...{ service: 'orders', revision: 3, route: 'create', workflow: 'create_order', requestId: 'request' },
    ...{ principal: 'anonymous', cacheKey: '', cacheHolder: '' },
    ...{ correlationId: randomUUID(), replyTo: 'inbox', replyId: 7, remainingMs: 30_000, startWithinMs: 10_000 },
    ...times,
  };
}
