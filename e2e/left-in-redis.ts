import type { Redis } from 'ioredis';

/** All that stands for a permit that is held or waited for, or for a watch. */
const kinds = ['permit:*', 'watch:*', 'watches', 'waiters'];

/**
 * Of the pool `default`, a line for each key; empty: nobody holds a permit, waits for one or is watched. Ends of leases and
 * other times are told from now, by Redis's clock.
 */
export async function leftInRedis(redis: Redis): Promise<string[]> {
  const [seconds, micros] = await redis.time();
  const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  // Scores of waiters are places in the queue, and no times.
  const fromNow = (text: string) => (/^\d{13}$/.test(text) ? `${Number(text) - now} ms` : text);
  const found = await Promise.all(kinds.map((kind) => redis.keys(`*{default}:${kind}`)));
  return await Promise.all(
    found.flat().map(async (key) => {
      const fields = key.includes(':watch:')
        ? await redis.hgetall(key)
        : pairs(await redis.zrange(key, '0', '-1', 'WITHSCORES'));
      return `${key} ${JSON.stringify(Object.entries(fields).map(([name, value]) => `${name}: ${fromNow(value)}`))}`;
    }),
  );
}

function pairs(flat: string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((member, at) => (at % 2 === 0 ? [[member, flat[at + 1]!]] : [])));
}
