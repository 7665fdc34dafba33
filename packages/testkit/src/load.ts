export interface LoadOptions {
  /** How many run at the same time; 8 unless given. */
  concurrency?: number;
  /** What the load lasts for: no new run begins once this has settled. */
  until: Promise<unknown>;
}

export interface LoadResult {
  /** How many runs there were, failed ones included. */
  count: number;
  failures: { /** Since the begin of the load (ms). */ atMs: number; error: Error }[];
}

/**
 * Runs `request` over and over while something else happens, and records what failed (a run fails by throwing).
 *
 * @throws what `until` was rejected with, once the last runs are over.
 */
export async function load(request: (run: number) => Promise<unknown>, options: LoadOptions): Promise<LoadResult> {
  const { concurrency = 8, until } = options;
  const result: LoadResult = { count: 0, failures: [] };
  const begin = performance.now();
  const over = new AbortController();
  const end = until.finally(() => {
    over.abort();
  });
  const runs = Array.from({ length: concurrency }, async () => {
    while (!over.signal.aborted) {
      try {
        await request(result.count++);
      } catch (error) {
        result.failures.push({ atMs: performance.now() - begin, error: error as Error });
        // Failures at once, such as refused connections, must not keep `until` from getting its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });
  await Promise.allSettled([end, ...runs]);
  await end;
  return result;
}
