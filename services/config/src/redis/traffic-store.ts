import type { RedisClient, Script } from '@rostrum/redis';
import type { TrafficReport } from '@rostrum/shared/messages';
import { addCounts, type Counts, countsOf } from '../traffic/counts.ts';
import { bucketsOf, resolutionOf, resolutions, type Window } from '../traffic/resolutions.ts';

/** A report that is sent again counts once if it comes within this time (s). */
const seenSeconds = 900;

/** Adds numbers to a hash. KEYS: the hash; ARGV: seconds it is kept, then names and numbers. */
const addLua = `
for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])`;

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

  /** @throws when Redis is away. */
  async take({ id, series }: TrafficReport, now: number): Promise<void> {
    const first = await this.#client.redis.set(`${this.#prefix}:seen:${id}`, '1', 'EX', seenSeconds, 'NX');
    if (first === null) return;
    const services = new Map<string, Map<string, number>>();
    const writes: Promise<unknown>[] = [];
    for (const { service, route, ...counted } of series) {
      const counts = countsOf(counted);
      const whole = services.get(service) ?? new Map<string, number>();
      addCounts(whole, counts);
      services.set(service, whole);
      if (route !== '') writes.push(...this.#write(service, route, counts, now));
    }
    for (const [service, counts] of services) writes.push(...this.#write(service, '', counts, now));
    await Promise.all(writes);
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

  #write(service: string, route: string, counts: Counts, now: number): Promise<unknown>[] {
    const numbers = [...counts].flat();
    return resolutions.map(({ seconds, keepSeconds }) => {
      const bucket = Math.floor(now / 1_000 / seconds) * seconds;
      return this.#add([this.#key(seconds, bucket, service, route)], [keepSeconds + seconds, ...numbers]);
    });
  }

  #key(seconds: number, bucket: number, service: string, route: string): string {
    return `${this.#prefix}:${seconds}:${bucket}:${service}:${route}`;
  }
}

function pairs(list: readonly string[]): [string, string][] {
  return list.flatMap((name, index): [string, string][] => (index % 2 ? [] : [[name, list[index + 1] as string]]));
}
