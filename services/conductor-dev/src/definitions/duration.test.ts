import { describe, expect, test } from 'vitest';
import { parseDuration, parseUntil } from './duration.ts';

describe('a duration', () => {
  test.each([
    ['1 days 2 hours 3 minutes 4 seconds', 93_784],
    ['2h', 7200],
    ['5 mins 1s', 301],
    ['10 SECONDS', 10],
    ['0s', 0],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));
  test.each(['5', 'soon', '1.5s', '-1s', '1s 1h'])('%s is none', (text) => expect(parseDuration(text)).toBeUndefined());
});

describe('a moment', () => {
  test.each([
    ['2026-03-04 05:06 GMT', Date.UTC(2026, 2, 4, 5, 6)],
    ['2026-03-04 05:06 GMT+02:00', Date.UTC(2026, 2, 4, 3, 6)],
    ['2026-03-04 05:06 -0130', Date.UTC(2026, 2, 4, 6, 36)],
    ['2026-03-04', new Date(2026, 2, 4).getTime()],
    ['2026-03-04 05:06', new Date(2026, 2, 4, 5, 6).getTime()],
  ])('%s', (text, at) => expect(parseUntil(text)).toBe(at));
  test.each(['soon', '2026-03-04T05:06:00Z', '2026-03-04 05:06 Mars'])('%s is none', (text) => {
    expect(parseUntil(text)).toBeUndefined();
  });
});
