import { encodeOutcome, type Outcome } from '@rostrum/shared/messages';
import { Problem } from '@rostrum/shared/problems';

/** An answer that the bus does not carry becomes a problem, which knows of the workflow that made it. */
export function encodeFitting(
  outcome: Outcome,
  maxBytes: number,
  timings?: Readonly<Record<string, number>>,
): Uint8Array {
  const encoded = encodeOutcome(outcome, timings);
  if (encoded.length <= maxBytes || outcome.kind !== 'ok') return encoded;
  const { workflowId } = outcome;
  const detail = `The answer is larger than the ${maxBytes} bytes that the gateway’s message bus carries.`;
  return encodeOutcome({ kind: 'problem', problem: new Problem('response-too-large', detail, { workflowId }) });
}
