import type { Deps } from './context.ts';
import { replacing } from './replacing.ts';

/**
 * What the pipeline works with, watched: how long each step took (ms) is added to `timings`. For routes that are tried;
 * all others run unwatched.
 */
export function timeSteps(deps: Deps, timings: Record<string, number>): Deps {
  const within = async <T>(step: string, work: Promise<T>): Promise<T> => {
    const since = performance.now();
    return work.finally(() => {
      timings[step] = Math.round(((timings[step] ?? 0) + performance.now() - since) * 100) / 100;
    });
  };
  const { revisions, claims, permits, sandbox, conductor, waits } = deps;
  return {
    ...deps,
    revisions: { get: (...how) => within('revision', revisions.get(...how)) },
    claims: replacing(claims, { take: (...how) => within('claim', claims.take(...how)) }),
    permits: replacing(permits, { take: (...how) => within('permit', permits.take(...how)) }),
    sandbox: replacing(sandbox, {
      run: (script) =>
        within(
          script.revision.endsWith('pre-request') ? 'preRequestScript' : 'postResponseScript',
          sandbox.run(script),
        ),
    }),
    conductor: replacing(conductor, { start: (...how) => within('start', conductor.start(...how)) }),
    waits: replacing(waits, { wait: (...how) => within('wait', waits.wait(...how)) }),
  };
}
