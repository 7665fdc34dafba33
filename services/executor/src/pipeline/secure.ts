import { Problem } from '@rostrum/shared/problems';
import { type Hold, PermitsUnavailable } from '../permits/permits.ts';

/**
 * Nothing is started under an idempotency key before a watch record stands, from which another could find out what
 * became of it.
 *
 * @throws {Problem} service-unavailable.
 */
export async function secure(hold: Hold): Promise<void> {
  try {
    await hold.secure();
  } catch (error) {
    if (!(error instanceof PermitsUnavailable)) throw error;
    const detail = 'The store of executions is away, and a request with an Idempotency-Key may not run without it.';
    throw new Problem('service-unavailable', detail, { retryAfter: 1 }, error);
  }
}
