import { groupOf } from '@rostrum/shared/cache-key';

/**
 * Keys in Redis. All of one group (see cache-key.ts in shared) carry it as hash tag, so that one Lua call may use them
 * together on a cluster too. An entry's own two are named as by the release before, so that both may run at once.
 * - `<namespace>:c:{<key>}:v`: the value, see value.ts; lives as long as it may be given.
 * - `<namespace>:c:{<key>}:l`: the lock, a hash of `holder`, `member` and, once somebody was told to wait, `waited`.
 * - `<namespace>:c:{<group>}:i`: the index, a sorted set of members in the order of their bytes (equal scores), each
 *   `<route>\0<label>\0<digest>`: one for each lock and value of the group.
 * - `<namespace>:c:{<group>}:x`: the same members by the time at which both are over (ms).
 */
export interface CacheKeys {
  value(key: string): string;
  lock(key: string): string;
  index(group: string): string;
  expiries(group: string): string;
  /** Value, lock, index and expiries of a key: what a script on one entry uses. */
  entry(key: string): [value: string, lock: string, index: string, expiries: string];
}

export function cacheKeys(namespace: string): CacheKeys {
  const name = (tag: string, end: string) => `${namespace}:c:{${tag}}:${end}`;
  return {
    value: (key) => name(key, 'v'),
    lock: (key) => name(key, 'l'),
    index: (group) => name(group, 'i'),
    expiries: (group) => name(group, 'x'),
    entry(key) {
      // A key without a group is in no index; a name in its slot is needed all the same.
      const group = groupOf(key) ?? key;
      return [name(key, 'v'), name(key, 'l'), name(group, 'i'), name(group, 'x')];
    },
  };
}
