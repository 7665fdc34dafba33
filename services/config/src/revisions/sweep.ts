import type { ConfigStore, RevisionStore } from '../storage/store.ts';

/** What is being watched until it may go: since when (performance.now), by `<service>.<revision>`. */
export type Superseded = Map<string, number>;

/**
 * Removes revisions that this replica has known to be superseded for longer than `keepMs`. It counts from when it
 * first saw that itself, never from a clock that is not its own: a restart keeps revisions longer, never shorter.
 *
 * @returns how many were removed.
 */
export async function sweep(
  revisions: RevisionStore,
  superseded: Superseded,
  keepMs: number,
  now: number,
): Promise<number> {
  const kept = new Set<string>();
  let removed = 0;
  for (const { service, revision } of await revisions.list()) {
    const head = revisions.heads.get(service);
    if (!head || revision >= head.revision) continue;
    const name = `${service}.${revision}`;
    const since = superseded.get(name) ?? now;
    if (now - since >= keepMs) {
      await revisions.remove(service, revision);
      removed += 1;
    } else {
      superseded.set(name, since);
      kept.add(name);
    }
  }
  for (const name of superseded.keys()) if (!kept.has(name)) superseded.delete(name);
  return removed;
}

/** What was last stored under a digest that no service names, and since when that is known (performance.now). */
export type Unused = Map<string, { sequence: number; since: number }>;

/**
 * Removes routes that no service has named for `keepMs`. One that is stored anew meanwhile has another sequence and
 * begins again: a writer stores routes first and names them after, within seconds.
 */
export async function sweepRoutes(config: ConfigStore, unused: Unused, keepMs: number, now: number): Promise<number> {
  const found = await config.unusedRoutes();
  let removed = 0;
  for (const [digest, sequence] of found) {
    const known = unused.get(digest);
    if (known?.sequence !== sequence) unused.set(digest, { sequence, since: now });
    else if (now - known.since >= keepMs) {
      await config.removeRoute(sequence);
      removed += 1;
    }
  }
  for (const digest of unused.keys()) if (!found.has(digest)) unused.delete(digest);
  return removed;
}

/** Far longer than a write takes from storing routes to naming them. */
const routesKeepMs = 600_000;

/** Sweeps for as long as the process runs. */
export function startSweeper(
  config: ConfigStore,
  revisions: RevisionStore,
  keepMs: number,
  onFault: (error: unknown) => void,
): { stop(): void } {
  const superseded: Superseded = new Map();
  const unused: Unused = new Map();
  const every = Math.min(60_000, Math.max(100, keepMs / 10));
  const timers = [
    repeat(every, () => sweep(revisions, superseded, keepMs, performance.now()), onFault),
    repeat(routesKeepMs, () => sweepRoutes(config, unused, routesKeepMs, performance.now()), onFault),
  ];
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

/** Does it every so often, and never twice at the same time. */
function repeat(everyMs: number, work: () => Promise<unknown>, onFault: (error: unknown) => void): NodeJS.Timeout {
  let running = false;
  return setInterval(() => {
    if (running) return;
    running = true;
    work()
      .catch(onFault)
      .finally(() => {
        running = false;
      });
  }, everyMs);
}
