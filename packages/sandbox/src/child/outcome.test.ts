import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, see frames.mjs
import { readFailure, readOutcome } from './outcome.mjs';

test('logs and result are told apart by length, whatever they hold', () => {
  expect(readOutcome('o9:["[1]:x"]{"a":":"}'.replace('9:', '9:'), 100)).toEqual({ text: '{"a":":"}', logs: ['[1]:x'] });
});

test('the output limit counts UTF-8', () => {
  expect(readOutcome('o2:[]"€€"', 8)).toMatchObject({ text: '"€€"' });
  expect(readOutcome('o2:[]"€€"', 7)).toMatchObject({ code: 'script-output-too-large' });
});

test('no outcome is a promise that never settles', () => {
  expect(readOutcome(undefined, 100)).toMatchObject({ code: 'script-timeout' });
});

test('what isolated-vm throws becomes a code, a bounded message and a place', () => {
  expect(readFailure(new SyntaxError("Unexpected token ';' [script:3:7]"), false)).toEqual({
    ...{ code: 'script-failed', text: "SyntaxError: Unexpected token ';'", logs: [], line: 3, column: 7 },
  });
  expect(readFailure(new Error('x'.repeat(10_000)), false).text).toHaveLength(500);
  expect(readFailure(new Error('Isolate is disposed'), true)).toMatchObject({ code: 'script-timeout', forced: true });
  expect(readFailure(undefined, false)).toMatchObject({ code: 'script-failed', text: 'undefined' });
});
