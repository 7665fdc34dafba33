import { describe, expect, it } from 'vitest';
import type { Outcome } from '@rostrum/shared/messages';
import type { Request } from './context.ts';
import { appliedPreferences, patienceOf, preferencesOf } from './prefer.ts';

const of = (prefer: string | string[] | undefined, longestMs = 30_000) =>
  preferencesOf({ headers: { prefer } } as unknown as Request, longestMs);
const nothing = { respondAsync: false, waitMs: undefined };

describe('Prefer', () => {
  it.each<[string | string[] | undefined, object]>([
    [undefined, nothing],
    ['', nothing],
    [' , ,', nothing],
    ['respond-async', { respondAsync: true }],
    ['Respond-Async', { respondAsync: true }],
    ['respond-async=""', { respondAsync: true }],
    ['respond-async=', { respondAsync: true }],
    ['respond-async;x=1', { respondAsync: true }],
    ['respond-async=no', nothing],
    ['wait=5', { waitMs: 5_000 }],
    ['WAIT = 5', { waitMs: 5_000 }],
    ['wait="5"', { waitMs: 5_000 }],
    ['wait="\\5"', { waitMs: 5_000 }],
    ['wait=0', { waitMs: 0 }],
    ['wait=5;foo="a,b";;bar', { waitMs: 5_000 }],
    ['respond-async, wait=10', { respondAsync: true, waitMs: 10_000 }],
    [['respond-async', 'wait=10'], { respondAsync: true, waitMs: 10_000 }],
    ['return=minimal; x="respond-async, wait=3", handling=lenient, wait=7', { waitMs: 7_000 }],
    ['return="respond-async, wait=3"', nothing],
  ])('%j', (prefer, expected) => {
    expect(of(prefer)).toEqual({ ...nothing, ...expected });
  });

  it('counts the first of a name, also when that one means nothing here', () => {
    expect(of('wait=1, wait=2')).toMatchObject({ waitMs: 1_000 });
    expect(of('wait=soon, wait=2')).toEqual(nothing);
  });

  it.each([
    'wait',
    'wait=',
    'wait=-1',
    'wait=1.5',
    'wait=1e3',
    'wait=0x1',
    'wait=" 1"',
    'wait="5',
    'wait 5',
    '=5',
    ';',
  ])('that is malformed is ignored: %j', (prefer) => {
    expect(of(prefer)).toEqual(nothing);
  });

  it('keeps what stands before something that cannot be read', () => {
    expect(of('wait=4, "', 60_000)).toEqual({ respondAsync: false, waitMs: 4_000 });
  });

  it('waits no longer than the route does', () => {
    expect(of('wait=31')).toMatchObject({ waitMs: 30_000 });
    expect(of(`wait=${'9'.repeat(400)}`)).toMatchObject({ waitMs: 30_000 });
  });

  it('is read in a time that grows with its length only', () => {
    const began = performance.now();
    for (const part of ['"\\', 'a;', 'a ', ';', ';  ', 'a=";', '\t,', 'wait="1";', ';a= ', '; a = '])
      of(part.repeat(8_000));
    of(`a=${' '.repeat(60_000)}"`);
    of(`x${';a= '.repeat(60)}"`);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('what a preference comes to', () => {
  const accepted: Outcome = { kind: 'accepted', workflowId: 'w', tracked: true };
  const ok: Outcome = { kind: 'ok', workflowId: 'w', body: Buffer.alloc(0) };

  it('is a wait from the arrival of the request on', () => {
    const before = performance.now() - 1_000;
    expect(patienceOf(of(undefined), before)).toBeUndefined();
    expect(patienceOf(of('respond-async'), before)).toBe(0);
    expect(patienceOf(of('wait=1'), before)).toBe(0);
    const left = patienceOf(of('respond-async, wait=3'), before) ?? 0;
    expect(left).toBeGreaterThan(1_500);
    expect(left).toBeLessThanOrEqual(2_000);
  });

  it('is told of where it shaped the answer', () => {
    expect(appliedPreferences(of('return=minimal'), accepted)).toBeUndefined();
    expect(appliedPreferences(of('respond-async, wait=10'), accepted)).toBe('respond-async, wait=10');
    expect(appliedPreferences(of('respond-async, wait=10'), ok)).toBe('wait=10');
    expect(appliedPreferences(of('respond-async'), ok), 'a cached answer').toBeUndefined();
    expect(appliedPreferences(of('wait=99', 7_000), ok), 'as long as was waited').toBe('wait=7');
    expect(appliedPreferences(of('wait=1'), { kind: 'stale' })).toBeUndefined();
  });
});
