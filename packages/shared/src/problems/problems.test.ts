import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOutcome, encodeOutcome } from '../messages/index.ts';
import { catalogue, Problem, problemBody, problemCodes } from './index.ts';

describe('the catalogue of problems', () => {
  it('has a status, a title and help that says what to do for each', () => {
    for (const code of problemCodes) {
      const { status, title, help } = catalogue[code];
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect([title.length > 3, help.endsWith('.')], code).toEqual([true, true]);
    }
  });
});

describe('a problem', () => {
  it('becomes a body of RFC 9457, without its cause', () => {
    const problem = new Problem(
      'workflow-failed',
      'It failed.',
      { workflowId: 'w', workflowStatus: 'FAILED' },
      new Error('inner'),
    );
    expect(problemBody(problem, 'r1', '/x')).toEqual({
      type: 'https://rostrum.dev/problems#workflow-failed',
      title: 'Workflow failed',
      status: 502,
      detail: 'It failed.',
      instance: '/x',
      requestId: 'r1',
      workflowId: 'w',
      workflowStatus: 'FAILED',
    });
  });

  it('crosses the bus whole, for any text in it', () => {
    const extras = fc.record(
      {
        workflowId: fc.string(),
        reason: fc.string(),
        retryAfter: fc.nat(),
        errors: fc.array(fc.record({ pointer: fc.string(), detail: fc.string() })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...problemCodes), fc.string({ unit: 'binary' }), extras, (code, detail, more) => {
        const decoded = decodeOutcome(encodeOutcome({ kind: 'problem', problem: new Problem(code, detail, more) }));
        expect(decoded).toMatchObject({ kind: 'problem', problem: { code, detail, extras: more } });
      }),
    );
  });
});
