import { CodecError } from '../codec/errors.ts';
import { bytes, flag, oneOf, record, text } from '../codec/record.ts';
import { isProblemCode, Problem, type ProblemExtras } from '../problems/index.ts';

/**
 * How an execution ended, for its caller. *ok*: `body` is the JSON to answer with. *accepted*: the workflow goes on,
 * 202; `tracked` tells whether it can be looked up. *problem*: `code`, `detail` and `extras` (JSON of ProblemExtras). *stale*: the revision is gone; nothing was
 * done, match again.
 */
const encodedOutcome = record({
  kind: oneOf(['ok', 'accepted', 'problem', 'stale']),
  body: bytes,
  workflowId: text,
  tracked: flag,
  code: text,
  detail: text,
  extras: text,
});

export type Outcome =
  | { kind: 'ok'; body: Uint8Array; workflowId: string }
  | { kind: 'accepted'; workflowId: string; tracked: boolean }
  | { kind: 'problem'; problem: Problem }
  | { kind: 'stale' };

const none = new Uint8Array(0);
const blank = { body: none, workflowId: '', tracked: false, code: '', detail: '', extras: '{}' };

export function encodeOutcome(outcome: Outcome): Buffer {
  if (outcome.kind !== 'problem') return encodedOutcome.encode({ ...blank, ...outcome });
  const { code, detail, extras } = outcome.problem;
  return encodedOutcome.encode({ ...blank, kind: 'problem', code, detail, extras: JSON.stringify(extras) });
}

/** @throws {CodecError} */
export function decodeOutcome(encoded: Uint8Array): Outcome {
  const { kind, body, workflowId, tracked, code, detail, extras } = encodedOutcome.decode(encoded);
  if (kind === 'ok') return { kind, body, workflowId };
  if (kind === 'accepted') return { kind, workflowId, tracked };
  if (kind === 'stale') return { kind };
  // A newer executor may know a code that this ingress does not.
  if (!isProblemCode(code)) return { kind, problem: new Problem('internal-error', detail) };
  return { kind, problem: new Problem(code, detail, readExtras(extras)) };
}

function readExtras(extras: string): ProblemExtras {
  try {
    return JSON.parse(extras) as ProblemExtras;
  } catch {
    throw new CodecError('corrupted', 'the problem’s extras are not JSON');
  }
}
