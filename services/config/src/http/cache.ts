import { cachePurgeSchema } from '@rostrum/contract/cache-purge';
import type { CacheStatsAnswer } from '@rostrum/shared/messages';
import { routeId } from '@rostrum/shared/revision';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CacheService } from '../bus/cache.ts';
import type { Route } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';
import { cacheCountsOf, cacheCountsShape, type CacheCounts } from '../traffic/cache-counts.ts';
import type { Window } from '../traffic/resolutions.ts';
import type { TrafficCounts } from '../traffic/traffic.ts';
import { requireOnce, selectionsOf } from '../write/purges.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { windowOf } from './metrics.ts';
import { authorOf } from './request.ts';

const tag = 'Cache';
const purges = about({
  tag,
  summary: 'Purges answers from every cache: of a service, of what is narrowed down, or of all that has a tag',
  body: cachePurgeSchema,
  answer: z.object({
    answers: z.number().describe('How many answers are gone.'),
    locks: z.number().describe('How many executions under way will not be stored.'),
  }),
});

const stored = z.object({
  entries: z.number().describe('Answers that are stored now.'),
  bytes: z.number().describe('What they take in Redis.'),
});
const statsShape = stored.extend(cacheCountsShape.shape).partial();
const statistics = about({
  tag,
  summary: 'Says what is stored of a service, and what became of its requests in the cache',
  query: {
    'start?': 'Of the requests, ms since 1970; 24 hours before the end unless given.',
    'end?': 'Of the requests, ms since 1970; now unless given. 30 days after the start at most.',
  },
  answer: statsShape.extend({
    routes: z.record(z.string(), statsShape).describe('By `METHOD path`, of those that have a cache, or had.'),
    faults: z.array(z.string()).optional().describe('What cannot be told at the moment, and why.'),
  }),
});

/** Purges, and how well the cache does. */
export function cacheRoutes(server: FastifyInstance, { config, traffic }: AdminApi, cache: CacheService): void {
  server.post('/cache/purge', purges, async (request) => {
    const asked = [parseBody(cachePurgeSchema, request.body).orRefuse([])].flat();
    // Its sender may have just made, by another replica, what is to be purged.
    await config.catchUp().catch((error: unknown) => {
      throw new AdminProblem('service-unavailable', 'NATS is away; nothing was purged. Try again.', {}, error);
    });
    const { state } = config;
    authorOf(request).check?.(state);
    return cache.purge(selectionsOf(state, asked));
  });
  server.get<{ Params: { id: string } }>('/services/:id/cache/stats', statistics, async (request) => {
    const { id } = request.params;
    const window = windowOf(request);
    requireOnce(config.state, id);
    const { routes = [] } = config.state.services.get(id)?.value ?? {};
    const faults: string[] = [];
    const told = await storedOf(cache, id, faults);
    const names = [...new Set([...routes.map(nameOf), ...Object.keys(told ?? {})])];
    const counted = await countsIn(traffic, id, names, window, faults);
    const cached = new Set(routes.filter(({ cacheConfig }) => cacheConfig).map(nameOf));
    const nothing = { entries: 0, bytes: 0 };
    const shown = names.filter((name) => cached.has(name) || told?.[name] || isAny(counted?.get(name)));
    return {
      ...(told && sum(Object.values(told))),
      ...counted?.get(''),
      routes: Object.fromEntries(
        shown.map((name) => [name, { ...(told && (told[name] ?? nothing)), ...counted?.get(name) }]),
      ),
      ...(faults.length > 0 ? { faults } : {}),
    };
  });
}

function nameOf({ httpMethod, path }: Route): string {
  return routeId(httpMethod, path);
}

function isAny(counts: CacheCounts | undefined): boolean {
  return counts !== undefined && Object.values(counts).some((count) => count > 0);
}

type Stored = CacheStatsAnswer['routes'];

function sum(all: readonly z.infer<typeof stored>[]) {
  return all.reduce((into, { entries, bytes }) => ({ entries: into.entries + entries, bytes: into.bytes + bytes }), {
    entries: 0,
    bytes: 0,
  });
}

/** By route; undefined where nothing is known. What is wrong is added to `faults`. */
async function storedOf(cache: CacheService, id: string, faults: string[]): Promise<Stored | undefined> {
  try {
    const { routes, fault } = await cache.stats(id);
    if (fault === undefined) return routes;
    faults.push(fault);
    return Object.keys(routes).length > 0 ? routes : undefined;
  } catch (error) {
    if (!(error instanceof AdminProblem)) throw error;
    faults.push(error.detail);
    return undefined;
  }
}

/** By route, and of the whole service by `''`. */
async function countsIn(
  traffic: TrafficCounts | undefined,
  id: string,
  names: readonly string[],
  window: Window,
  faults: string[],
): Promise<Map<string, CacheCounts> | undefined> {
  if (!traffic) {
    faults.push('Requests are not counted here: the config service needs REDIS_URL for that.');
    return undefined;
  }
  const now = Date.now();
  const count = async (name: string): Promise<[string, CacheCounts]> => [
    name,
    cacheCountsOf(await traffic.totals(id, name, window, now)),
  ];
  try {
    return new Map(await Promise.all(['', ...names].map(count)));
  } catch {
    faults.push('Redis, which keeps the counts of requests, is away.');
    return undefined;
  }
}
