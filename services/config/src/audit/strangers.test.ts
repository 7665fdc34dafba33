import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry } from './entry.ts';
import { countStrangers } from './strangers.ts';

const entry = (address: string, path = '/x'): AuditEntry => ({
  time: Date.now(),
  address,
  method: 'GET',
  path,
  status: 404,
  outcome: 'refused',
});

describe('calls without a token', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are noted by the first few of a minute and the number of the others, whatever their paths are', () => {
    const noted: AuditEntry[] = [];
    const strangers = countStrangers((each) => noted.push(each));
    for (let count = 0; count < 1_000; count++) strangers.note(entry('a', `/${count}`));
    strangers.note(entry('b'));
    expect(noted.map(({ address, path }) => address + path)).toEqual(['a/0', 'a/1', 'a/2', 'a/3', 'a/4', 'b/x']);
    vi.advanceTimersByTime(60_000);
    expect(noted.slice(6)).toMatchObject([{ address: 'a', path: '/999', repeats: 995 }]);
    strangers.note(entry('a'));
    expect(noted).toHaveLength(8);
    vi.advanceTimersByTime(60_000);
    expect(noted, 'a minute without repeats adds nothing').toHaveLength(8);
  });

  it('of very many addresses take no more room than those of a few', () => {
    const noted: AuditEntry[] = [];
    const strangers = countStrangers((each) => noted.push(each));
    for (let count = 0; count < 50_000; count++) strangers.note(entry(`10.0.${count >> 8}.${count & 255}`));
    strangers.stop();
    expect(noted.length).toBeLessThanOrEqual(126);
    expect(noted.at(-1)).toMatchObject({ address: '*' });
    const total = noted.reduce((sum, { repeats = 1 }) => sum + repeats, 0);
    expect(total, 'none is lost').toBe(50_000);
  });

  it('keep 200 characters of their paths', () => {
    const noted: AuditEntry[] = [];
    countStrangers((each) => noted.push(each)).note(entry('a', `/${'x'.repeat(2_000)}`));
    expect(noted[0]?.path).toHaveLength(200);
  });
});
