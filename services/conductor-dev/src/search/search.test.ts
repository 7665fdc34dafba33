import { describe, expect, test } from 'vitest';
import { type Index, search, sqlTime } from './search.ts';

interface Row {
  id: string;
  status?: string;
  at?: number;
}

const rows: Row[] = [
  { id: 'a', status: 'RUNNING', at: Date.UTC(2024, 0, 1, 10, 0, 0, 500) },
  { id: 'b', status: 'FAILED', at: Date.UTC(2024, 0, 1, 10, 0, 1) },
  { id: 'c_1', at: Date.UTC(2024, 0, 2) },
];
const index: Index<Row> = {
  rows,
  columns: {
    workflow_id: ({ id }) => id,
    status: ({ status }) => status,
    start_time: ({ at = 0 }) => sqlTime(at),
  },
  text: (row) => JSON.stringify(row),
};
const find = (query: string, more: object = {}) => {
  const request = { query, freeText: '*', sort: undefined, start: 0, size: 100, ...more };
  return search(index, request).results.map(({ id }) => id);
};

describe('a search', () => {
  test('times are compared with whole seconds, as the real index has them', () => {
    const at = Date.UTC(2024, 0, 1, 10, 0, 0, 999);
    expect(find(`startTime>${at}`)).toEqual(['a', 'b', 'c_1']);
    expect(find(`startTime<${at}`)).toEqual([]);
    expect(find(`startTime<${at + 1}`)).toEqual(['a']);
  });

  test('what a row has not is equal to nothing, and in no order', () => {
    expect(find('status=')).toEqual([]);
    expect(find('status<Z')).toEqual(['a', 'b']);
    expect(find('status IN (FAILED,NONE)')).toEqual(['b']);
  });

  test('free text knows the wildcards of SQL, and no others', () => {
    expect(find('', { freeText: '"A"' })).toEqual(['a']);
    expect(find('', { freeText: 'c_1' })).toEqual(['c_1']);
    expect(find('', { freeText: 'R_N%G' })).toEqual(['a']);
    expect(find('', { freeText: '.*' })).toEqual([]);
  });

  test('a condition on no column holds, one on a column of another index is refused', () => {
    expect(find('priority=3')).toEqual(['a', 'b', 'c_1']);
    expect(() => find('taskId=3')).toThrow('no such column: task_id');
  });
});
