import { createLogger } from '@rostrum/service/logger';
import { deadlineIn } from '@rostrum/shared/bus';
import type { Outcome } from '@rostrum/shared/messages';
import type { ExecutionRoute } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import { type Conductor, ConductorError, type WorkflowStatus } from '../domain/conductor.ts';
import { LookTimes } from '../waiting/look-times.ts';
import { Waits } from '../waiting/waits.ts';
import { Caller } from './caller.ts';
import type { Deps } from './context.ts';
import { type ExecutionLook, lookAtExecution } from './look-at-execution.ts';

interface Setting {
  executions?: ExecutionRoute['executions'];
  /** What looks show, in turn; the last is repeated. */
  statuses?: WorkflowStatus[];
  /** Whether the revision that started it is still kept. */
  kept?: boolean;
  owner?: string;
  terminate?: () => Promise<void>;
  /** Conductor knows nothing of it any more. */
  forgotten?: boolean;
}

/** An executor that remembers the execution `w` of the service `s`. */
function executor({ executions, statuses = ['RUNNING'], kept = true, owner = 'key:a', ...conducts }: Setting = {}) {
  const { terminate, forgotten = false } = conducts;
  const terminated: string[] = [];
  let looks = 0;
  const state = async () => {
    if (forgotten) throw new ConductorError('not-found', 'no', { status: 404 });
    return {
      status: statuses[Math.min(looks++, statuses.length - 1)] as WorkflowStatus,
      output: { n: 1 },
      reasonForIncompletion: 'as told',
    };
  };
  const conductor = {
    status: state,
    workflow: state,
    async terminate(workflowId: string) {
      await terminate?.();
      terminated.push(workflowId);
    },
  } as unknown as Conductor;
  const route: ExecutionRoute = {
    ...{ id: 'POST /', workflow: { name: 'w' }, mode: 'SYNCHRONOUS', metadataInOutput: false, waitUntilTasks: [] },
    timeoutMs: 1_000,
    ...(executions ? { executions } : {}),
  };
  const deps = {
    conductor,
    records: {
      read: async (id: string) =>
        id === 'w' ? { service: 's', revision: 1, route: 'POST /', principal: owner } : undefined,
    },
    revisions: { get: async () => (kept ? { service: 's', revision: 1, route, schemaDigest: '' } : undefined) },
    waits: new Waits(new LookTimes()),
    log: createLogger('t', 'silent'),
  } as unknown as Deps;
  const caller = new Caller({ cacheHolder: '' });
  const ask = async (more: Partial<ExecutionLook> = {}) => {
    const asked = { requestId: 'r', service: 's', workflowId: 'w', principal: 'key:a', waitMs: 0, ...more };
    return said(await lookAtExecution({ action: 'look', ...asked }, caller, deadlineIn(5_000), deps));
  };
  return { ask, caller, cancel: (more: Partial<ExecutionLook> = {}) => ask({ ...more, action: 'cancel' }), terminated };
}

function said(outcome: Outcome): string {
  return outcome.kind === 'problem' ? outcome.problem.code : outcome.kind;
}

describe('an execution', () => {
  it('is its answer once it has ended, accepted while it runs, a problem when it failed', async () => {
    expect(await executor({ statuses: ['COMPLETED'] }).ask()).toBe('ok');
    expect(await executor({ statuses: ['PAUSED'] }).ask()).toBe('accepted');
    expect(await executor({ statuses: ['TERMINATED'] }).ask()).toBe('workflow-failed');
    expect(await executor({ statuses: ['TIMED_OUT'] }).ask()).toBe('workflow-timed-out');
  });

  it('is waited for as long as asked', async () => {
    const statuses: WorkflowStatus[] = ['RUNNING', 'RUNNING', 'COMPLETED'];
    expect(await executor({ statuses }).ask({ waitMs: 4_000 })).toBe('ok');
    expect(await executor().ask({ waitMs: 50 })).toBe('accepted');
  });

  it('is waited for no longer than its caller is there', async () => {
    const { ask, caller } = executor();
    const asked = ask({ waitMs: 4_000 });
    const from = performance.now();
    caller.hangUp();
    expect(await asked).toBe('accepted');
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it('is gone when Conductor no longer knows it', async () => {
    expect(await executor({ forgotten: true }).ask()).toBe('execution-not-found');
    expect(await executor({ forgotten: true }).ask({ waitMs: 3_000 })).toBe('execution-not-found');
  });

  it('is nobody’s but its principal’s and its service’s', async () => {
    for (const action of ['look', 'cancel'] as const) {
      const { ask, terminated } = executor({ executions: { visibleTo: 'PRINCIPAL', cancel: true } });
      expect(await ask({ action, principal: 'key:b' })).toBe('execution-not-found');
      expect(await ask({ action, service: 'other' })).toBe('execution-not-found');
      expect(await ask({ action, workflowId: 'never' })).toBe('execution-not-found');
      expect(terminated).toEqual([]);
    }
    expect(await executor({ kept: false }).ask()).toBe('execution-not-found');
  });

  it('is every caller’s of the service where the route says so, but for those without authentication', async () => {
    const { ask } = executor({ executions: { visibleTo: 'SERVICE', cancel: false } });
    expect(await ask({ principal: 'key:b' })).toBe('accepted');
    expect(await ask({ principal: 'anonymous' })).toBe('execution-not-found');
    expect(await ask({ principal: 'key:b', service: 'other' })).toBe('execution-not-found');
    expect(await executor({ owner: 'anonymous' }).ask({ principal: 'anonymous' })).toBe('accepted');
  });
});

describe('cancelling', () => {
  const executions = { visibleTo: 'PRINCIPAL', cancel: true } as const;

  it('ends what runs, and leaves alone what has ended', async () => {
    const running = executor({ executions });
    expect([await running.cancel(), running.terminated]).toEqual(['ok', ['w']]);
    for (const status of ['COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED'] as const) {
      const ended = executor({ executions, statuses: [status] });
      expect([await ended.cancel(), ended.terminated]).toEqual(['ok', []]);
    }
  });

  it('is the same whoever was first, the workflow or the cancelling; other refusals are told', async () => {
    const refusing = (status: number) => async () => {
      throw new ConductorError('rejected', 'no', { status });
    };
    expect(await executor({ executions, terminate: refusing(409) }).cancel()).toBe('ok');
    expect(await executor({ executions, terminate: refusing(500) }).cancel()).toBe('conductor-rejected');
  });

  it('is for routes that allow it and callers that are somebody', async () => {
    for (const setting of [{}, { executions: { visibleTo: 'SERVICE', cancel: false } }] as Setting[]) {
      const { cancel, terminated } = executor(setting);
      expect([await cancel(), terminated]).toEqual(['method-not-allowed', []]);
    }
    const open = executor({ executions, owner: 'anonymous' });
    expect([await open.cancel({ principal: 'anonymous' }), open.terminated]).toEqual(['method-not-allowed', []]);
  });
});
