import { isDeepStrictEqual } from 'node:util';
import { pointerOf } from '@rostrum/contract/pointer';

/** One difference; no `before`: it was added, no `after`: it was taken away. `pointer` is a JSON pointer (RFC 6901). */
export interface Difference {
  pointer: string;
  before?: unknown;
  after?: unknown;
}

/** Set by the server with every change: they say nothing about what was changed. */
const stamps = new Set(['createdBy', 'updatedBy', 'createTime', 'updateTime']);

/** Member by member; lists are compared as a whole. Members of `before` come first, in their order. */
export function differences(before: unknown, after: unknown, ...at: string[]): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !stamps.has(name));
    return names.flatMap((name) => differences(before[name], after[name], ...at, name));
  }
  if (isDeepStrictEqual(before, after)) return [];
  return [
    {
      pointer: pointerOf(...at),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
