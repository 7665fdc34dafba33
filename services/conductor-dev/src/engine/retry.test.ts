import { describe, expect, test } from 'vitest';
import { readTaskDef } from '../definitions/task-def.ts';
import { retryDelaySeconds } from './retry.ts';

const delays = (def: object, attempts = 4) =>
  Array.from({ length: attempts }, (_, attempt) => retryDelaySeconds(readTaskDef({ name: 'work', ...def }), attempt));

describe('the wait before another attempt', () => {
  test('is a minute unless the definition says otherwise', () => expect(delays({}, 2)).toEqual([60, 60]));
  test('FIXED is always the same', () => expect(delays({ retryDelaySeconds: 5 })).toEqual([5, 5, 5, 5]));

  test('LINEAR_BACKOFF grows by delay x factor', () => {
    const def = { retryLogic: 'LINEAR_BACKOFF', retryDelaySeconds: 5, backoffScaleFactor: 2 };
    expect(delays(def)).toEqual([10, 20, 30, 40]);
  });

  test('EXPONENTIAL_BACKOFF doubles', () => {
    expect(delays({ retryLogic: 'EXPONENTIAL_BACKOFF', retryDelaySeconds: 5 })).toEqual([5, 10, 20, 40]);
  });

  test('is capped by maxRetryDelaySeconds, and by what an integer of the real server holds', () => {
    const def = { retryLogic: 'EXPONENTIAL_BACKOFF', retryDelaySeconds: 5 };
    expect(delays({ ...def, maxRetryDelaySeconds: 12 })).toEqual([5, 10, 12, 12]);
    expect(retryDelaySeconds(readTaskDef({ name: 'work', ...def }), 60)).toBe(2 ** 31 - 1);
  });
});
