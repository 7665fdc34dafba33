import { namespace, waitFor } from '@rostrum/testkit';
import { expect, test } from 'vitest';
import { type Orphan, PermitsUnavailable } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { intent, pool, takeOne, useExecutors } from './support.ts';

/** Watch records of executions under an idempotency key: the key is to have its answer. */
const executors = useExecutors();
const claim = { key: 'k', digest: 'd' };
const claimed = (times = {}) => ({ ...intent(times), claim });

function collect() {
  const orphans: Orphan[] = [];
  return { orphans, onOrphan: (orphan: Orphan) => orphans.push(orphan) };
}

test('a record stands before anything is started, also without a permit', async () => {
  const [ns, conductor] = [namespace(), new FakeConductor()];
  const a = await executors.start(ns, conductor);
  const wanted = claimed();
  const hold = a.permits.without(pool, wanted.correlationId, () => wanted);
  await hold.secure();
  const record = await executors.state(ns).record(hold.id);
  expect(JSON.parse(record['intent']!)).toMatchObject({ claim, correlationId: wanted.correlationId });
  hold.release();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('without Redis nothing is secured', async () => {
  const a = await executors.start(namespace(), new FakeConductor());
  const hold = a.permits.without(pool, 'c', () => claimed());
  a.client.redis.disconnect();
  await expect(hold.secure()).rejects.toThrow(PermitsUnavailable);
});

test('a dead executor’s is taken over also when its caller’s deadline is past', async () => {
  const [ns, conductor, { orphans, onOrphan }] = [namespace(), new FakeConductor(), collect()];
  const a = await executors.start(ns, conductor);
  const [wanted, plain] = [claimed({ remainingMs: 0 }), intent({ remainingMs: 0 })];
  const holds = [wanted, plain].map((each) => a.permits.without(pool, each.correlationId, () => each));
  for (const hold of holds) await hold.secure();
  for (const each of [wanted, plain]) conductor.start(each);
  await a.kill();
  await executors.start(ns, conductor, { onOrphan });
  await waitFor(() => orphans.length === 1);
  await waitFor(async () => Object.keys(await executors.state(ns).record(holds[1]!.id)).length === 0);
  const [orphan] = orphans;
  expect(orphan).toMatchObject({
    workflowId: `workflow-of-${wanted.correlationId}`,
    intent: { claim, remainingMs: 0 },
  });
  orphan!.hold.leave();
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});

test('a start whose fate is not known is found out by the executor that sent it, with a permit and without', async () => {
  const [ns, conductor, { orphans, onOrphan }] = [namespace(), new FakeConductor(), collect()];
  const a = await executors.start(ns, conductor, { onOrphan });
  const [limited, plain] = [claimed(), claimed()];
  const permit = await takeOne(a, 1, limited);
  const hold = a.permits.without(pool, plain.correlationId, () => plain);
  await hold.secure();
  for (const each of [permit, hold]) each.unresolved();
  await waitFor(() => conductor.searched.size === 2);
  for (const each of [limited, plain]) conductor.start(each);
  await waitFor(() => orphans.length === 2);
  conductor.endAll();
  for (const orphan of orphans) {
    expect(orphan.workflowId).toBe(`workflow-of-${orphan.intent.correlationId}`);
    orphan.hold.leave();
  }
  await waitFor(async () => (await executors.state(ns).keys()).length === 0);
});
