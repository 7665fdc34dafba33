import { type Bus, joinBus } from '@rostrum/shared/bus';
import { CodecError, CURRENT } from '@rostrum/shared/codec';
import { encodeOutcome, execute } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExecutor } from '../src/bus/executor.ts';
import type { Execution } from '../src/pipeline/execute.ts';

const nats = useNats();
const ns = namespace();
let ingress: Bus;
let executor: Bus;
beforeAll(async () => {
  const join = (service: string) => joinBus({ url: nats.url, namespace: ns, service, onFault: () => {} });
  [ingress, executor] = await Promise.all([join('ingress'), join('executor')]);
});
afterAll(() => Promise.all([ingress.close(), executor.close()]));

function execution(pool: string, onTimings?: Execution['onTimings']): Execution {
  return {
    ...{ requestId: 'r', holder: 'r', principal: 'admin:a', input: {}, traceparent: '', idempotency: undefined },
    match: { compiled: { route: { id: 'GET /', pool } }, service: { edge: { service: 's', revision: 1 } } } as never,
    remaining: () => 5_000,
    patience: () => undefined,
    hungUp: new AbortController().signal,
    ...(onTimings ? { onTimings } : {}),
  };
}
const outcome = { kind: 'ok' as const, body: Buffer.from('1'), workflowId: 'w' };

describe('how long the executor’s steps took', () => {
  it('is told to who asks for it, and to nobody else', async () => {
    const asked: boolean[] = [];
    executor.serve(executor.subjects.execute('new'), queues.execute, ({ payload }) => {
      const { timings } = execute.decode(payload);
      asked.push(timings);
      return encodeOutcome(outcome, timings ? { start: 1.5 } : undefined);
    });
    await executor.nats.flush();
    const told: Record<string, number>[] = [];
    const { execute: run } = createExecutor(ingress, 1_000);
    expect(
      await run(
        execution('new', (timings) => told.push(timings)),
        undefined,
      ),
    ).toMatchObject({ outcome });
    expect(await run(execution('new'), undefined)).toMatchObject({ outcome });
    expect({ asked, told }).toEqual({ asked: [true, false], told: [{ start: 1.5 }] });
  });

  it('is done without where the executor is of the release before, which runs the request once', async () => {
    let ran = 0;
    executor.serve(executor.subjects.execute('old'), queues.execute, ({ payload }) => {
      if (payload[0] === CURRENT) throw new CodecError('version', 'not read here');
      ran += 1;
      return encodeOutcome(outcome);
    });
    await executor.nats.flush();
    const told: unknown[] = [];
    const done = await createExecutor(ingress, 1_000).execute(
      execution('old', (timings) => told.push(timings)),
      undefined,
    );
    expect(done).toMatchObject({ outcome, notTaken: false });
    expect({ ran, told }).toEqual({ ran: 1, told: [] });
  });
});
