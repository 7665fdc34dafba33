import { kindWords } from '../file/shape.ts';
import { count, type Ui } from '../ui.ts';
import type { Change } from './differences.ts';
import type { Plan, Step } from './plan.ts';

const maxLength = 100;

/** A plan for people: each thing that changes, field by field, and a sum. */
export function showPlan({ steps }: Plan, ui: Ui): void {
  const { paint } = ui;
  for (const step of steps) {
    const what = `${kindWords[step.kind].one} ${step.id}`;
    switch (step.action) {
      case 'none':
        break;
      case 'create':
        ui.say(paint.green(`+ ${what}`));
        break;
      case 'delete':
        ui.say(paint.red(`- ${what}`));
        break;
      case 'change':
        ui.say(paint.yellow(`~ ${what}`));
        break;
      case 'compare':
        ui.say(paint.dim(`? ${what}: whether its secrets differ the server tells when they are applied`));
        break;
    }
    if (step.action === 'change' || step.action === 'create') {
      for (const change of step.changes) ui.say(`    ${changeLine(change, step)}`);
    }
  }
  ui.say(sumLine(steps));
}

function sumLine(steps: readonly Step[]): string {
  const number = (action: Step['action']) => steps.filter((step) => step.action === action).length;
  const compared = number('compare');
  const more = compared > 0 ? `, ${compared} to compare` : '';
  return `${number('create')} to create, ${number('change')} to change, ${number('delete')} to delete${more}, ${number('none')} unchanged`;
}

function changeLine({ path, before, after }: Change, { action, kind }: Step): string {
  const name = path.join(' › ');
  const isSecret = (kind === 'authConfig' && path[0] === 'apiKeys') || path.at(-1) === 'keySecret';
  if (isSecret) return `${name}: ${secretLine(before, after)}`;
  if (action === 'create' || before === undefined) return `${name}: ${text(after)}`;
  if (after === undefined) return `${name}: ${text(before)} → (none)`;
  if (typeof before === 'string' && typeof after === 'string' && (before + after).includes('\n')) {
    return `${name}: ${firstDifference(before, after)}`;
  }
  return `${name}: ${text(before)} → ${text(after)}`;
}

/** Keys are never shown, not even those of a file. */
function secretLine(before: unknown, after: unknown): string {
  const number = (value: unknown) =>
    Array.isArray(value) ? count(value.length, 'key') : value === undefined ? 'none' : 'a secret';
  return before === undefined ? number(after) : `${number(before)} → ${number(after)}`;
}

function firstDifference(before: string, after: string): string {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const at = is.findIndex((line, index) => line !== was[index]);
  const line = at === -1 ? is.length : at;
  return `${count(was.length, 'line')} → ${count(is.length, 'line')}; line ${line + 1}: ${text(was[line] ?? '')} → ${text(is[line] ?? '')}`;
}

function text(value: unknown): string {
  const json = JSON.stringify(value, hideSecret) ?? 'nothing';
  return json.length > maxLength ? `${json.slice(0, maxLength)}…` : json;
}

/** For JSON.stringify: credentials of Conductor come as one where an application had none. */
function hideSecret(name: string, value: unknown): unknown {
  return name === 'keySecret' ? '…' : value;
}

/** A plan for programs, without secrets. */
export function planResult({ steps, faults, unknown, warnings }: Plan): unknown {
  return {
    steps: steps.map(({ action, kind, id, changes, wanted }) => ({
      action,
      kind,
      id,
      at: wanted?.at,
      changes: changes.map((change) =>
        change.path[0] === 'apiKeys' || change.path.at(-1) === 'keySecret'
          ? { path: change.path }
          : withoutSecrets(change),
      ),
    })),
    faults,
    unknown,
    warnings,
  };
}

function withoutSecrets(change: Change): Change {
  const json = JSON.stringify(change, hideSecret);
  return JSON.parse(json) as Change;
}
