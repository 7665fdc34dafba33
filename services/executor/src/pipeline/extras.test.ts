import { createLogger } from '@rostrum/service/logger';
import { expect, test, vi } from 'vitest';
import { type Conductor, ConductorError, CorrelationUnproven, type WorkflowStatus } from '../domain/conductor.ts';
import { type Claim, ClaimsUnavailable, type Noted } from '../idempotency/claims.ts';
import type { Begun, Deps } from './context.ts';
import { noteStart } from './extras.ts';

interface Setting {
  /** What the claim says to a start of `ours`. */
  noted?: Noted | Error;
  former?: string[];
  /** What a look for a former claim finds, in turn; the last is repeated. */
  found?: (string | undefined | Error)[];
  status?: WorkflowStatus;
}

function executor({ noted = { kind: 'held' }, former = [], found = [undefined], status = 'RUNNING' }: Setting) {
  const terminated: string[] = [];
  const looks: string[] = [];
  const logged = vi.fn();
  const log = createLogger('t', 'silent');
  log.error = log.warn = logged as never;
  const claim = {
    former,
    started: async () => {
      if (noted instanceof Error) throw noted;
      return noted;
    },
  } as unknown as Claim;
  const deps = {
    findCorrelated: async (_workflow: string, correlationId: string) => {
      looks.push(correlationId);
      const one = found[Math.min(looks.length, found.length) - 1];
      if (one instanceof Error) throw one;
      return one;
    },
    conductor: {
      status: async () => ({ status }),
      terminate: async (workflowId: string) => void terminated.push(workflowId),
    } as unknown as Conductor,
    limits: { scriptTimeoutMs: 1, callTimeoutMs: 1 },
    draining: () => false,
    sleep: async () => {},
    log,
  } as unknown as Deps;
  const begun = { requestId: 'r', runnable: { route: { workflow: { name: 'w' } } } } as unknown as Begun;
  const note = () => noteStart('ours', claim, begun, deps);
  return { note, terminated, looks, logged };
}

test('what was started under a claim that is held stays', async () => {
  const { note, terminated, looks } = executor({});
  await note();
  expect([terminated, looks]).toEqual([[], []]);
});

test('of two workflows the one of who holds the claim stays', async () => {
  const { note, terminated, logged } = executor({ noted: { kind: 'lost', workflowId: 'theirs' } });
  await expect(note()).rejects.toMatchObject({ code: 'idempotency-in-flight' });
  expect(terminated).toEqual(['ours']);
  expect(logged).toHaveBeenLastCalledWith(
    expect.objectContaining({ extra: 'ours', workflowId: 'theirs' }),
    expect.anything(),
  );
});

test('a server that gave both the same one has started one', async () => {
  const { note, terminated } = executor({ noted: { kind: 'lost', workflowId: 'ours' } });
  await note();
  expect(terminated).toEqual([]);
});

test('while it is not known what the other has started, the other is to decide', async () => {
  const { note, terminated } = executor({ noted: { kind: 'lost', workflowId: '' } });
  await expect(note()).rejects.toMatchObject({ code: 'idempotency-in-flight' });
  expect(terminated).toEqual([]);
});

test('what a former holder has started is ended whenever it comes, and not looked for any more', async () => {
  const { note, terminated, looks } = executor({ former: ['a'], found: [undefined, undefined, 'late'] });
  await note();
  await vi.waitFor(() => expect(terminated).toEqual(['late']));
  expect(looks).toEqual(['a', 'a', 'a']);
});

test('looks end some time, and one that cannot be made is no reason to give up', async () => {
  const away = new ConductorError('unreachable', 'no');
  const failing = executor({ former: ['a'], found: [new CorrelationUnproven('no'), away, 'late'] });
  await failing.note();
  await vi.waitFor(() => expect(failing.terminated).toEqual(['late']));
  const never = executor({ former: ['a'] });
  await never.note();
  await vi.waitFor(() => expect(never.looks).toHaveLength(6));
});

test('an extra that has run to its end is told of as an error', async () => {
  const { note, terminated, logged } = executor({ former: ['a'], found: ['late'], status: 'COMPLETED' });
  await note();
  await vi.waitFor(() =>
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ status: 'COMPLETED' }), expect.anything()),
  );
  expect(terminated).toEqual([]);
});

test('a start goes on where Redis cannot be told of it', async () => {
  const { note } = executor({ noted: new ClaimsUnavailable('no') });
  await note();
});
