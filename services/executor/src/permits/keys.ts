import { digestOf } from '@rostrum/shared/digest';

/** The Redis keys of one pool. They share a hash tag, so that one Lua call may use them together on a cluster. */
export interface PoolKeys {
  /** Set when the pool's data begin to exist (ms, Redis TIME). Missing: the data are lost. */
  marker: string;
  /** Sorted set of all watch ids by the end of their lease. */
  watches: string;
  /** Sorted set of all who wait, `<permit name>/<waiter>`, by the end of their lease. */
  waiters: string;
  /** What all keys of the pool begin with. */
  prefix: string;
  watch(id: string): string;
  /** Sorted set of a scope's permits and of those who wait for one. `name`: of the scope, see {@link permitName}. */
  permit(name: string): string;
}

export function poolKeys(namespace: string, pool: string): PoolKeys {
  const prefix = `${namespace}:{${pool}}:`;
  return {
    marker: `${prefix}marker`,
    watches: `${prefix}watches`,
    waiters: `${prefix}waiters`,
    prefix,
    watch: (id) => `${prefix}watch:${id}`,
    permit: (name) => `${prefix}permit:${name}`,
  };
}

/** A scope holds what callers sent, of any length: its digest names the sorted set. */
export function permitName(scope: string): string {
  return digestOf(scope);
}
