import { CodecError } from '../codec/errors.ts';
import { bytes, flag, oneOf, record, since, text } from '../codec/record.ts';
import { isProblemCode, Problem, type ProblemExtras } from '../problems/index.ts';

/**
 * How an execution ended, for its caller. *ok*: `body` is the JSON to answer with. *accepted*: the workflow goes on, 202;
 * `tracked` tells whether it can be looked up. *problem*: `code`, `detail` and `extras` (JSON of ProblemExtras). *stale*:
 * the revision is gone; nothing was done, match again. `replayed`: the first answer to its `Idempotency-Key`, again.
 */
const encodedOutcome = record({
  kind: oneOf(['ok', 'accepted', 'problem', 'stale']),
  body: bytes,
  workflowId: text,
  tracked: flag,
  code: text,
  detail: text,
  extras: text,
  replayed: since(3, flag, false),
  /** JSON of how long each step took (ms), `''` unless the request asked for it. */
  timings: since(4, text, ''),
  /** Of *ok*: JSON of {@link HttpResponse} where `body` is not the JSON of a plain 200, else `''`. */
  response: since(4, text, ''),
});

/** How an *ok* is answered where its route decides that itself. */
export interface HttpResponse {
  status: number;
  /** Names in small letters, `content-type` among them. */
  headers: Record<string, string>;
}

export type Outcome =
  | { kind: 'ok'; body: Uint8Array; workflowId: string; replayed?: boolean; response?: HttpResponse }
  | { kind: 'accepted'; workflowId: string; tracked: boolean; replayed?: boolean }
  | { kind: 'problem'; problem: Problem; replayed?: boolean }
  | { kind: 'stale' };

const none = new Uint8Array(0);
const blank = {
  body: none,
  workflowId: '',
  tracked: false,
  code: '',
  detail: '',
  extras: '{}',
};

/** `timings`: for who asked for them. */
export function encodeOutcome(outcome: Outcome, timings?: Readonly<Record<string, number>>): Buffer {
  // Who asked reads the version that has them.
  const told = timings ? { timings: JSON.stringify(timings) } : {};
  if (outcome.kind === 'problem') {
    const { code, detail, extras } = outcome.problem;
    const { replayed = false } = outcome;
    const members = { ...blank, kind: 'problem', code, detail, extras: JSON.stringify(extras), replayed } as const;
    return encodedOutcome.encode({ ...members, ...told });
  }
  const response = outcome.kind === 'ok' && outcome.response ? JSON.stringify(outcome.response) : '';
  return encodedOutcome.encode({ ...blank, ...outcome, ...told, response });
}

/** How long each step took (ms); nothing where the executor did not tell. @throws {CodecError} */
export function decodeTimings(encoded: Uint8Array): Record<string, number> {
  const { timings } = encodedOutcome.decode(encoded);
  return timings === '' ? {} : (JSON.parse(timings) as Record<string, number>);
}

/** @throws {CodecError} */
export function decodeOutcome(encoded: Uint8Array): Outcome {
  const { kind, body, workflowId, tracked, code, detail, extras, replayed, response } = encodedOutcome.decode(encoded);
  const again = replayed ? { replayed } : {};
  if (kind === 'ok') {
    const own = response === '' ? {} : { response: readJson(response, 'response') as HttpResponse };
    return { kind, body, workflowId, ...again, ...own };
  }
  if (kind === 'accepted') return { kind, workflowId, tracked, ...again };
  if (kind === 'stale') return { kind };
  // A newer executor may know a code that this ingress does not.
  if (!isProblemCode(code)) return { kind, problem: new Problem('internal-error', detail), ...again };
  return {
    kind,
    problem: new Problem(code, detail, readJson(extras, 'extras of a problem') as ProblemExtras),
    ...again,
  };
}

function readJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CodecError('corrupted', `the ${what} is not JSON`);
  }
}
