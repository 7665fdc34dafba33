import { groupsOf, keyIn } from '@rostrum/shared/cache-key';
import type { CacheSelection } from '@rostrum/shared/messages';
import type { Cluster, Redis } from 'ioredis';
import type { Purged, RouteStats } from '../store.ts';
import type { CacheKeys } from './keys.ts';
import { behind, behindRoute, everything, isWhole, type Range, rangeOf, routeIn } from './selection.ts';

/** So many entries are purged or looked at in one step: Redis serves nobody else meanwhile (about a millisecond). */
const STEP = 200;

type Walker<R extends unknown[]> = (
  ...args: [index: string, expiries: string, from: Buffer, to: Buffer, most: number, names: string]
) => Promise<[...R, last: Buffer]>;

/**
 * Purges in steps over a service's groups. Each takes what is behind the last, so it ends however much is put in
 * meanwhile: what comes in behind it was asked for after the purge began.
 */
export async function purgeAll(redis: Redis | Cluster, keys: CacheKeys, selection: CacheSelection): Promise<Purged> {
  const purged: Purged = { answers: 0, locks: 0, waited: [] };
  const purge = async (group: string, range: Range) => {
    for await (const [answers, locks, waited] of walk(redis.cachePurgeBuffer.bind(redis), keys, group, range)) {
      purged.answers += answers;
      purged.locks += locks;
      for (const digest of waited) purged.waited.push(keyIn(group, digest.toString()));
    }
  };
  await Promise.all(
    groupsOf(selection.service).map(async (group) => {
      if (isWhole(selection)) return purge(group, everything);
      if (selection.route !== undefined) return purge(group, rangeOf(selection.route, selection));
      for await (const route of routesIn(redis, keys, group)) await purge(group, rangeOf(route, selection));
    }),
  );
  return purged;
}

/** What is stored of a service, unless `enough` says that it takes too long. */
export async function countAll(
  redis: Redis | Cluster,
  keys: CacheKeys,
  service: string,
  enough: () => boolean,
): Promise<{ routes: Map<string, RouteStats>; complete: boolean }> {
  const routes = new Map<string, RouteStats>();
  let complete = true;
  await Promise.all(
    groupsOf(service).map(async (group) => {
      for await (const [told] of walk(redis.cacheStatsBuffer.bind(redis), keys, group, everything)) {
        for (const [name, entries, bytes] of told) {
          const route = name.toString();
          const sum = routes.get(route) ?? { entries: 0, bytes: 0 };
          routes.set(route, { entries: sum.entries + entries, bytes: sum.bytes + bytes });
        }
        if (!enough()) continue;
        complete = false;
        return;
      }
    }),
  );
  return { routes, complete };
}

async function* walk<R extends unknown[]>(step: Walker<R>, keys: CacheKeys, group: string, range: Range) {
  const names = keys.value(keyIn(group, '')).slice(0, -'}:v'.length);
  for (let rest = range; ; ) {
    const reply = await step(keys.index(group), keys.expiries(group), rest.from, rest.to, STEP, names);
    yield reply;
    const last = reply.at(-1) as Buffer;
    if (last.length === 0) return;
    rest = behind(last, range);
  }
}

/** Each route that the index of a group knows; from one to the next in one step. */
async function* routesIn(redis: Redis | Cluster, keys: CacheKeys, group: string) {
  for (let rest = everything; ; ) {
    const [first] = await redis.zrangebylexBuffer(keys.index(group), rest.from, rest.to, 'LIMIT', 0, 1);
    if (!first) return;
    const route = routeIn(first);
    yield route;
    rest = behindRoute(route);
  }
}
