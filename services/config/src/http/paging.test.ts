import fc from 'fast-check';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { pageOf } from './paging.ts';

/** A page of these rows, as a request for this URL gets it, and the URL of the next one. */
function page(url: string, rows: readonly string[]): { rows: string[]; next: string | undefined } {
  let link = '';
  const reply = { header: (_name: string, value: string) => (link = value) } as unknown as FastifyReply;
  const query = Object.fromEntries(new URL(url, 'http://x').searchParams);
  const found = pageOf({ url, query } as unknown as FastifyRequest, reply, rows, (row) => row);
  return { rows: found, next: /^<([^>]*)>; rel="next"$/.exec(link)?.[1] };
}

it('pages have every row that was there all the time once, whatever else comes and goes', () => {
  const key = fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' });
  const changes = fc.array(
    fc.record({ add: fc.array(key, { maxLength: 3 }), remove: fc.array(key, { maxLength: 3 }) }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(key), changes, fc.integer({ min: 1, max: 5 }), (first, rounds, limit) => {
      let rows = new Set(first);
      const always = new Set(first);
      const ever = new Set(first);
      const seen: string[] = [];
      let round = 0;
      for (let next: string | undefined = `/list?limit=${limit}`; next !== undefined; ) {
        const answer: ReturnType<typeof page> = page(next, [...rows]);
        seen.push(...answer.rows);
        next = answer.next;
        const { add = [], remove = [] } = rounds[round++] ?? {};
        for (const each of add) rows.add(each);
        for (const each of add) ever.add(each);
        for (const each of remove) always.delete(each);
        rows = new Set([...rows].filter((each) => !remove.includes(each)));
      }
      expect(new Set(seen).size).toBe(seen.length);
      for (const each of always) expect(seen).toContain(each);
      for (const each of seen) expect(ever).toContain(each);
    }),
  );
});
