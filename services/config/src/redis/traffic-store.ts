import type { RedisClient, Script } from '@rostrum/redis';
import type { TrafficReport } from '@rostrum/shared/messages';
import { addCounts, type Counts, countsOf } from '../traffic/counts.ts';
import { bucketsOf, resolutionOf, resolutions, type Window } from '../traffic/resolutions.ts';

/** A report that is sent again counts once if it comes within this time (s). */
const seenSeconds = 900;

/**
 * Adds numbers to hashes, once for each marker. KEYS: the marker, then the hashes; ARGV: seconds the marker is kept,
 * then for each hash the seconds it is kept, how many numbers, and names and numbers.
 */
const addLua = `
if not redis.call('SET', KEYS[1], '1', 'EX', ARGV[1], 'NX') then return end
local at = 2
for k = 2, #KEYS do
  local last = at + 1 + 2 * tonumber(ARGV[at + 1])
  for i = at + 2, last, 2 do redis.call('HINCRBY', KEYS[k], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[k], ARGV[at])
  at = last + 1
end`;

/** Series in one call: others have to wait for it, some two milliseconds. */
const seriesInOne = 20;

/** The sum of hashes of numbers, as names and numbers. KEYS: the hashes. */
const sumLua = `
local sums = {}
for _, key in ipairs(KEYS) do
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do sums[fields[i]] = (sums[fields[i]] or 0) + tonumber(fields[i + 1]) end
end
local answer = {}
for name, sum in pairs(sums) do
  answer[#answer + 1] = name
  answer[#answer + 1] = string.format('%.0f', sum)
end
return answer`;

/** How routes have answered: in Redis, as a hash for each route, or whole service (route ''), and stretch of time. */
export class TrafficStore {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #add: Script;
  readonly #sum: Script;

  constructor(client: RedisClient, namespace: string) {
    this.#client = client;
    this.#prefix = `${namespace}:traffic`;
    this.#add = client.script('addTraffic', addLua);
    this.#sum = client.script('sumTraffic', sumLua);
  }

  /** Call again with the same report when it throws: what was added already is not added again. @throws when Redis is away. */
  async take({ id, series }: TrafficReport, now: number): Promise<void> {
    const services = new Map<string, Map<string, number>>();
    const rows: { service: string; route: string; counts: Counts }[] = [];
    for (const { service, route, ...counted } of series) {
      const counts = countsOf(counted);
      const whole = services.get(service) ?? new Map<string, number>();
      addCounts(whole, counts);
      services.set(service, whole);
      if (route !== '') rows.push({ service, route, counts });
    }
    for (const [service, counts] of services) rows.push({ service, route: '', counts });
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < rows.length; at += seriesInOne) {
      const writes = rows.slice(at, at + seriesInOne).flatMap((row) => this.#writes(row, now));
      const keys = [`${this.#prefix}:seen:${id}:${at}`, ...writes.map(({ key }) => key)];
      calls.push(this.#add(keys, [seenSeconds, ...writes.flatMap(({ args }) => args)]));
    }
    await Promise.all(calls);
  }

  /** Added up over the window. @throws when Redis is away. */
  async totals(service: string, route: string, window: Window, now: number): Promise<Counts> {
    const resolution = resolutionOf(window, now);
    const keys = bucketsOf(window, resolution).map((bucket) => this.#key(resolution.seconds, bucket, service, route));
    const answer = (await this.#sum(keys, [])) as string[];
    return new Map(pairs(answer).map(([name, count]) => [name, Number(count)]));
  }

  /** One after the other, with when each begins (ms since 1970) and its length (s). @throws when Redis is away. */
  async buckets(service: string, route: string, window: Window, now: number) {
    const resolution = resolutionOf(window, now);
    const { seconds } = resolution;
    return Promise.all(
      bucketsOf(window, resolution).map(async (bucket) => {
        const hash = await this.#client.redis.hgetall(this.#key(seconds, bucket, service, route));
        const counts: Counts = new Map(Object.entries(hash).map(([name, count]) => [name, Number(count)]));
        return { time: bucket * 1_000, seconds, counts };
      }),
    );
  }

  #writes({ service, route, counts }: { service: string; route: string; counts: Counts }, now: number) {
    return resolutions.map(({ seconds, keepSeconds }) => {
      const bucket = Math.floor(now / 1_000 / seconds) * seconds;
      const key = this.#key(seconds, bucket, service, route);
      return { key, args: [keepSeconds + seconds, counts.size, ...[...counts].flat()] };
    });
  }

  #key(seconds: number, bucket: number, service: string, route: string): string {
    return `${this.#prefix}:${seconds}:${bucket}:${service}:${route}`;
  }
}

function pairs(list: readonly string[]): [string, string][] {
  return list.flatMap((name, index): [string, string][] => (index % 2 ? [] : [[name, list[index + 1] as string]]));
}
