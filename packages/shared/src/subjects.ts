/** Every NATS subject, built from the installation's namespace. Nothing else in the project spells a subject out. */
export interface Subjects {
  /** Asks to the cache; queue group `cache`. */
  cache: string;
  /** Fills and releases to the cache; queue group `cache`. */
  fill: string;
  /** The word that a key was filled or given up; every ingress listens. */
  filled: string;
  /** Purges of the cache; queue group `cache`. */
  purge: string;
  /** The word that something was purged; every cache listens. */
  purged: string;
  /** Asks for what is stored of a service; queue group `cache`. */
  cacheStats: string;
  /** Executions for one pool of executors; queue group by the same name. */
  execute(pool: string): string;
  /** The word that a workflow may have ended, its id as the payload; every executor listens. */
  ended: string;
  /** The word that the answer to a request is no longer wanted, its name (see requestName) as the payload; executors listen. */
  abandoned: string;
  /** The word that a permit was freed which somebody waits for; every executor listens. */
  freed: string;
  /** Look-ups of executions by id, for one pool of executors: each may have a Conductor of its own. Queue group `execute`. */
  executions(pool: string): string;
  /** Requests that administrators try routes with; queue group `ingress`. */
  trials: string;
  /** Asks for the last executions of a route, for one pool of executors. Queue group `execute`. */
  recent(pool: string): string;
  /** Configuration look-ups; queue group `config`. */
  config: {
    snapshot: string;
    edge: string;
    execution: string;
    /** What an application shows Conductor; executors alone may ask. */
    credentials: string;
  };
  /** What ingresses have answered, for the admin API's metrics; queue group `config`. */
  traffic: string;
  /** The word that services have new revisions, and the beat; every ingress listens. */
  changed: string;
  /** Where one process takes its answers: `<inbox>.<n>`. */
  inbox(service: string, process: string): string;
}

export function subjects(namespace: string): Subjects {
  return {
    cache: `${namespace}.cache`,
    fill: `${namespace}.fill`,
    filled: `${namespace}.filled`,
    purge: `${namespace}.purge`,
    purged: `${namespace}.purged`,
    cacheStats: `${namespace}.cache-stats`,
    execute: (pool) => `${namespace}.execute.${pool}`,
    ended: `${namespace}.ended`,
    abandoned: `${namespace}.abandoned`,
    freed: `${namespace}.freed`,
    executions: (pool) => `${namespace}.executions.${pool}`,
    trials: `${namespace}.trials`,
    recent: (pool) => `${namespace}.recent.${pool}`,
    config: {
      snapshot: `${namespace}.config.snapshot`,
      edge: `${namespace}.config.edge`,
      execution: `${namespace}.config.execution`,
      credentials: `${namespace}.config.credentials`,
    },
    traffic: `${namespace}.traffic`,
    changed: `${namespace}.changed`,
    inbox: (service, process) => `${namespace}.inbox.${service}.${process}`,
  };
}

/** Queue groups: who shares the work of a subject. */
export const queues = { cache: 'cache', config: 'config', execute: 'execute', ingress: 'ingress' } as const;
