/**
 * Reads what the harness returned, and what isolated-vm threw. Neither is to be trusted to be well-formed.
 *
 * @typedef {{ text: string, logs: string[], code?: string, line?: number, column?: number, syntax?: boolean,
 *   forced?: boolean }} Outcome
 *   `text` is the output, or with `code` the message; `forced` when the script was ended
 */

const maxMessageLength = 500;

/** @param {unknown} outcome @param {number} maxOutputBytes UTF-8 @returns {Outcome} */
export function readOutcome(outcome, maxOutputBytes) {
  if (outcome === undefined) {
    return { code: 'script-timeout', text: 'the script returned a promise that never settles', logs: [] };
  }
  const text = /** @type {string} */ (outcome);
  const colon = text.indexOf(':');
  const bodyStart = colon + 1 + Number(text.slice(1, colon));
  const logs = JSON.parse(text.slice(colon + 1, bodyStart));
  const body = text.slice(bodyStart);
  const kind = text[0];
  if (kind === 'l' || (kind === 'o' && Buffer.byteLength(body) > maxOutputBytes)) {
    return { code: 'script-output-too-large', text: `the result is larger than ${maxOutputBytes} bytes`, logs };
  }
  if (kind === 'o') return { text: body, logs };
  const [message, stack] = JSON.parse(body);
  return { code: 'script-failed', text: message, logs, ...positionIn(stack), syntax: kind === 's' };
}

/** @param {any} error what was thrown @param {boolean} timeIsUp @returns {Outcome} */
export function readFailure(error, timeIsUp) {
  const message = String(error?.message).slice(0, 4 * maxMessageLength);
  if (timeIsUp || message === 'Script execution timed out.') {
    return { code: 'script-timeout', text: 'the script did not end in time', logs: [], forced: true };
  }
  if (message === 'Isolate was disposed during execution due to memory limit') {
    return { code: 'script-memory', text: 'the script used too much memory', logs: [], forced: true };
  }
  if (message.startsWith('An object was thrown from supplied code')) {
    return { code: 'script-failed', text: 'a promise was rejected, and nothing handled it', logs: [] };
  }
  const compile = /^(.*) \[script:(\d+):(\d+)\]$/s.exec(message);
  const position = compile
    ? { line: Number(compile[2]), column: Number(compile[3]) }
    : positionIn(String(error?.stack).slice(0, 4_000));
  const name = typeof error?.name === 'string' && error.name !== 'Error' ? `${error.name.slice(0, 100)}: ` : '';
  const text = `${name}${compile ? compile[1] : message}`.slice(0, maxMessageLength);
  return { code: 'script-failed', text, logs: [], ...position };
}

/** Where in the user's script an error began: the first frame of it in the stack, both counted from 1. */
function positionIn(/** @type {string} */ stack) {
  const frame = /^\s+at .*?\bscript:(\d{1,9}):(\d{1,9})\)?$/m.exec(stack);
  return frame ? { line: Number(frame[1]), column: Number(frame[2]) } : {};
}
