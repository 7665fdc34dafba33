import { createLogger } from '@rostrum/service/logger';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, auditedPath } from './entry.ts';
import { createAuditLog } from './log.ts';
import { readAudit } from './read.ts';

const entry = (time: number): AuditEntry => ({
  time,
  address: '::1',
  method: 'GET',
  path: `/${time}`,
  status: 200,
  outcome: 'done',
});

describe('the path that is kept of a call', () => {
  it('shows what the API reads of a query, and no value of anything else', () => {
    expect(auditedPath('/api/x?method=GET&path=/a/{b}&token=planted&limit=2')).toBe(
      '/api/x?method=GET&path=%2Fa%2F%7Bb%7D&token=…&limit=2',
    );
    expect(auditedPath(`/${'x'.repeat(10_000)}`)).toHaveLength(2_000);
  });
});

describe('the audit log', () => {
  it('keeps the order, stores nothing twice and says what it gave up while it cannot write', async () => {
    const stored = new Map<string, AuditEntry>();
    const away = { is: true };
    const retried = Promise.withResolvers<void>();
    let lost = 0;
    const log = createAuditLog({
      async append(each, id) {
        if (away.is && each.time > 0) {
          retried.resolve();
          throw new Error('away');
        }
        stored.set(id, each);
      },
      lost: (count) => void (lost += count),
      log: createLogger('test', 'silent'),
    });
    for (let time = 0; time < 10_003; time++) log.note(entry(time));
    expect(lost).toBe(3);
    await retried.promise;
    away.is = false;
    await log.stop();
    expect([...stored.values()].map(({ time }) => time)).toEqual(Array.from({ length: 10_000 }, (_, time) => time));
    expect(lost).toBe(3);
  });
});

describe('reading it', () => {
  const source = {
    bounds: async () => ({ first: 11, last: 1_010 }),
    // Entry 500 has expired, or was removed; each is stored 5 ms after its time.
    get: async (sequence: number) =>
      sequence === 500 ? undefined : { sequence, stored: sequence * 1_000 + 5, entry: entry(sequence * 1_000) },
  };

  it('gives every entry once, newest first, page by page', async () => {
    const ids: number[] = [];
    for (let before: number | undefined; ; ) {
      const page = await readAudit(source, { limit: 77, before });
      ids.push(...page.entries.map(({ id }) => id));
      if (page.next === undefined) break;
      before = Number(page.next);
    }
    expect(ids).toEqual(Array.from({ length: 1_000 }, (_, index) => 1_010 - index).filter((id) => id !== 500));
  });

  it('keeps to the times it is asked for', async () => {
    const { entries } = await readAudit(source, { limit: 1_000, since: 300_000, until: 310_000 });
    expect(entries.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_, index) => 310 - index));
  });
});
