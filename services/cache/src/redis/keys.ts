/**
 * Keys in Redis. Both keys of one cache key carry it as hash tag, so that one Lua call may use both on a cluster too.
 * - `<namespace>:c:{<key>}:v`: the value, see value.ts; lives as long as it is fresh.
 * - `<namespace>:c:{<key>}:l`: the lock, a hash of `holder` and, once somebody was told to wait, `waited`.
 */
export interface CacheKeys {
  value(key: string): string;
  lock(key: string): string;
}

export function cacheKeys(namespace: string): CacheKeys {
  return {
    value: (key) => `${namespace}:c:{${key}}:v`,
    lock: (key) => `${namespace}:c:{${key}}:l`,
  };
}
