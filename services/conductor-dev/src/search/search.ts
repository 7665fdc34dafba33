import { badRequest, unreadable } from '../errors.ts';

/** A search as a caller asks for it. */
export interface SearchRequest {
  /** Conditions such as `status=FAILED`, `workflowType IN (a,b)` or `startTime>0` (ms), joined by ` AND `. */
  query: string | undefined;
  /** Text that must stand in the summary, in any case; `*` is any. */
  freeText: string;
  /** `startTime:DESC|workflowId:ASC`. */
  sort: string | undefined;
  start: number;
  /** Negative: all. */
  size: number;
}

/** What is searched: how each column reads, and the whole text. Rows stand in the order in which they came. */
export interface Index<Row> {
  rows: Iterable<Row>;
  columns: Partial<Record<Column, (row: Row) => string | undefined>>;
  text(row: Row): string;
}

const columns = [
  ...['workflow_id', 'correlation_id', 'workflow_type', 'start_time', 'status', 'task_id', 'task_type'],
  ...['task_def_name', 'update_time', 'parent_workflow_id'],
] as const;
export type Column =
  | 'workflow_id'
  | 'correlation_id'
  | 'workflow_type'
  | 'start_time'
  | 'status'
  | 'task_id'
  | 'task_type'
  | 'task_def_name'
  | 'update_time'
  | 'parent_workflow_id';

/**
 * Searches as the real server does with its SQLite index: a condition on what it has no column for holds always, and so
 * does a sort order it cannot read.
 *
 * @throws {ConductorError} 400 for a query that is none, 500 for one the index cannot answer.
 */
export function search<Row>(index: Index<Row>, { query, freeText, sort, start, size }: SearchRequest) {
  const conditions = (query ?? '')
    .split(' AND ')
    .filter(Boolean)
    .flatMap((text) => readCondition(index, text) ?? []);
  if (freeText !== '' && freeText !== '*') {
    const contains = like(`%${freeText.toLowerCase()}%`);
    conditions.push((row) => contains(index.text(row).toLowerCase()));
  }
  const found = [...index.rows].filter((row) => conditions.every((holds) => holds(row)));
  const orders = (sort ?? '').split('|').flatMap((text) => readOrder(index, text) ?? []);
  if (orders.length > 0) {
    found.sort((a, b) => orders.map((compare) => compare(a, b)).find((order) => order !== 0) ?? 0);
  }
  const begin = Math.max(0, start);
  return { totalHits: found.length, results: found.slice(begin, size < 0 ? undefined : begin + size) };
}

function readCondition<Row>(index: Index<Row>, text: string): ((row: Row) => boolean) | undefined {
  const match = /([a-zA-Z]+)\s?(=|>|<|IN)\s?(.*)/.exec(text);
  if (!match) throw badRequest(`Incorrectly formatted query string: ${text}`);
  const [, name = '', operator, list = ''] = match;
  const values = list.replace(/["'()]/g, '').split(',');
  const column = snakeCase(name);
  const isTime = column.endsWith('_time');
  if (isTime) values[0] = sqlSeconds(values[0] ?? '');
  const read = reader(index, column);
  if (!read) return undefined;
  const [value = ''] = values;
  if (values.length > 1 && operator !== 'IN') throw unreadable(`Cannot bind ${values.length} values to ${text}`);
  if (values.length > 1) return (row) => values.includes(read(row) ?? '');
  if (operator === '>') return (row) => (read(row) ?? '') > value;
  if (operator === '<') return (row) => read(row) !== undefined && (read(row) ?? '') < value;
  if (isTime || !value.includes('*')) return (row) => read(row) === value;
  const matches = like(value.toLowerCase().replaceAll('*', '%'));
  return (row) => matches((read(row) ?? '').toLowerCase());
}

function readOrder<Row>(index: Index<Row>, text: string): ((a: Row, b: Row) => number) | undefined {
  const [name = '', order = '', ...rest] = text.split(':');
  if (rest.length > 0 || !['ASC', 'DESC'].includes(order.toUpperCase())) return undefined;
  const read = reader(index, snakeCase(name));
  if (!read) return undefined;
  const sign = order.toUpperCase() === 'ASC' ? 1 : -1;
  return (a, b) => {
    const [left, right] = [read(a) ?? '', read(b) ?? ''];
    return left === right ? 0 : left < right ? -sign : sign;
  };
}

/** Undefined for what is no column of any index. @throws {ConductorError} 500 for a column of the other one. */
function reader<Row>(index: Index<Row>, column: string): ((row: Row) => string | undefined) | undefined {
  if (!(columns as readonly string[]).includes(column)) return undefined;
  const read = index.columns[column as Column];
  if (read) return read;
  throw unreadable(
    `Cannot prepare statement for query: [SQLITE_ERROR] SQL error or missing database (no such column: ${column})`,
  );
}

/** SQL's LIKE: `%` is any text, `_` any character. */
function like(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  const compiled = new RegExp(`^${source}$`, 's');
  return (text) => compiled.test(text);
}

function snakeCase(name: string): string {
  return name.replace(/\B([A-Z])/g, '_$1').toLowerCase();
}

/** A time as the index has it: text in UTC. */
export function sqlTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/0{0,2}Z$/, '');
}

/** A time to compare with, which the real server cuts to seconds. */
function sqlSeconds(millis: string): string {
  if (!/^[+-]?\d{1,15}$/.test(millis)) throw unreadable(`For input string: "${millis}"`);
  return new Date(Number(millis)).toISOString().slice(0, 19).replace('T', ' ');
}
