import { createLogger } from '@rostrum/service/logger';
import { createPermits } from '../../src/permits/permits.ts';
import { openRedis } from '@rostrum/redis';
import { intent, pool, scope } from './scope.ts';

/** A process that takes permits, says what it holds, and lives until it is killed. Arguments: Redis's URL, name space. */
const [url, namespace] = process.argv.slice(2) as [string, string];
const log = createLogger('killed', 'silent');
const permits = await createPermits({
  ...{ redis: await openRedis(url, { log }), namespace, pools: [pool], owner: 'killed', leaseMs: 1_800, log },
  ...{ permitLookMs: 50, unresolvedBoundMs: 60_000 },
  looker: { look: () => Promise.reject(new Error('not here')), find: () => Promise.reject(new Error('not here')) },
});
await permits.settled;
const taken = [];
for (const name of ['started', 'sent', 'never sent']) {
  const wanted = intent({ startWithinMs: 300 });
  const result = await permits.take({ pool, scope, limit: 3, intent: () => wanted });
  if (result.kind !== 'taken') throw new Error(result.kind);
  if (name === 'started') result.hold.started(`workflow-of-${wanted.correlationId}`);
  taken.push({ name, id: result.hold.id, correlationId: wanted.correlationId });
}
process.stdout.write(`${JSON.stringify(taken)}\n`);
