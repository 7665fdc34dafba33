import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Ui } from '../ui.ts';
import { differences } from './differences.ts';
import type { Plan } from './plan.ts';
import { planResult, showPlan } from './show.ts';

let shown = '';
beforeEach(() => {
  shown = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const show = (plan: Plan) => {
  showPlan(plan, new Ui({ json: false, color: false }));
  return shown;
};

it('no secret is shown, be it of something new or of something that changes, to people or to programs', () => {
  const conductor = { keyId: 'k', keySecret: 'hush-conductor' };
  const keys = { id: 'a', apiKeys: ['hush-key'] };
  const plan: Plan = {
    faults: [],
    unknown: [],
    warnings: [],
    steps: [
      { action: 'create', kind: 'application', id: 'p', changes: differences({}, { id: 'p', conductor }) },
      {
        action: 'change',
        kind: 'application',
        id: 'q',
        changes: differences({ conductor: { keyId: 'k' } }, { conductor }),
      },
      { action: 'create', kind: 'authConfig', id: 'a', changes: differences({}, keys) },
      { action: 'change', kind: 'authConfig', id: 'b', changes: differences({ apiKeys: ['********x'] }, keys) },
    ],
  };
  expect(show(plan)).toContain('apiKeys: 1 key → 1 key');
  expect(shown + JSON.stringify(planResult(plan))).not.toContain('hush');
});

it('of texts with several lines the first line that differs is shown', () => {
  const changes = differences({ preRequestScript: 'a\nb\n' }, { preRequestScript: 'a\nc\nd\n' });
  expect(
    show({ faults: [], unknown: [], warnings: [], steps: [{ action: 'change', kind: 'service', id: 's', changes }] }),
  ).toContain('preRequestScript: 3 lines → 4 lines; line 2: "b" → "c"');
});
