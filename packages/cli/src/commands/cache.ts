import { orLacking, part } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError, usage } from '../exit.ts';
import type { Body } from '../file/load.ts';
import { gateway } from '../plan/live.ts';
import { count } from '../ui.ts';

export interface PurgeOptions {
  service?: string;
  route?: string;
  key?: string;
  keyPrefix?: string;
  tag?: string;
  yes?: boolean;
}

/** Has the gateway forget cached answers. Asks before more than one key goes, since all of it has to run again. */
export async function purge({ ui, client }: Context, options: PurgeOptions): Promise<void> {
  const body = purgeOf(options);
  if (options.key === undefined && !options.yes) {
    if (!ui.interactive) throw usage('This would purge more than one key: say --yes where nobody can be asked');
    const answer = await ui.ask(`Purge ${wordsOf(options)} at ${client.access.server}? Write yes: `);
    if (answer.trim().toLowerCase() !== 'yes') throw new CliError('Nothing was purged.');
  }
  ui.progress('Purging …');
  const answer = client.send<{ answers: number; locks: number }>('POST', `${gateway}/cache/purge`, body);
  const { body: purged } = await orLacking('purges', answer);
  ui.result(purged);
  const running = purged.locks > 0 ? `; ${count(purged.locks, 'execution')} under way will not be stored` : '';
  ui.say(`purged ${count(purged.answers, 'answer')}${running}`);
}

function purgeOf({ service, route, key, keyPrefix, tag }: PurgeOptions): Body {
  if (tag !== undefined) {
    if ([service, route, key, keyPrefix].some((each) => each !== undefined))
      throw usage('--tag goes alone: it is about all services and routes that have it');
    return { tag };
  }
  if (service === undefined) throw usage('Say what to purge: --service, or --tag');
  if (key !== undefined && keyPrefix !== undefined) throw usage('Say --key or --key-prefix, not both');
  return { serviceId: service, ...routeOf(route), ...(key === undefined ? {} : { key }), ...prefixOf(keyPrefix) };
}

function routeOf(route: string | undefined): Body {
  if (route === undefined) return {};
  const [method = '', path, ...more] = route.trim().split(/\s+/);
  if (path === undefined || more.length > 0) throw usage(`Write --route "GET /things/{id}", not "${route}"`);
  return { method: method.toUpperCase(), path };
}

/** An empty one is what a variable gives that is not set: it would purge everything. */
function prefixOf(keyPrefix: string | undefined): Body {
  if (keyPrefix === undefined) return {};
  if (keyPrefix === '') throw usage('--key-prefix is empty: leave it out to purge all keys');
  return { keyPrefix };
}

function wordsOf({ service = '', route, keyPrefix, tag }: PurgeOptions): string {
  if (tag !== undefined) return `all that has the tag ${tag}`;
  const keys = keyPrefix === undefined ? 'all answers' : `all keys that begin with ${keyPrefix}`;
  return `${keys} of ${route === undefined ? '' : `${route} of `}the service ${service}`;
}

const columns = ['entries', 'bytes', 'hits', 'staleHits', 'collapsed', 'misses', 'bypasses'] as const;
const head = ['ENTRIES', 'BYTES', 'HITS', 'STALE', 'COLLAPSED', 'MISSES', 'BYPASSES'];

type Numbers = Partial<Record<(typeof columns)[number], number>>;
type Stats = Numbers & { routes: Record<string, Numbers>; faults?: string[] };

/** What is stored, and what became of the last day's requests in the cache; of one service, or of all with a cache. */
export async function stats({ ui, client }: Context, { service }: { service?: string }): Promise<void> {
  const all = service === undefined ? await client.get<Body[]>(`${gateway}/services`) : [{ id: service }];
  const found: { service: string; stats: Stats }[] = [];
  for (const { id } of all.filter((each) => service !== undefined || isCached(each))) {
    ui.progress(`Counting ${String(id)} …`);
    const path = `${gateway}/services/${part(String(id))}/cache/stats`;
    found.push({ service: String(id), stats: await orLacking('statistics of the cache', client.get<Stats>(path)) });
  }
  ui.result(found.map((each) => ({ service: each.service, ...each.stats })));
  const cells = (numbers: Numbers) => columns.map((name) => String(numbers[name] ?? '-'));
  ui.table(
    ['SERVICE', 'ROUTE', ...head],
    found.flatMap(({ service: id, stats: { routes, ...whole } }) => [
      ...Object.entries(routes).map(([name, numbers]) => [id, name, ...cells(numbers)]),
      [id, '(all)', ...cells(whole)],
    ]),
  );
  // Each service has the same to complain of.
  const faults = new Set(found.flatMap(({ stats: { faults: told = [] } }) => told));
  if (!ui.json) for (const fault of faults) ui.warn(fault);
}

function isCached({ routes = [] }: Body): boolean {
  return (routes as Body[]).some(({ cacheConfig }) => cacheConfig !== undefined);
}
