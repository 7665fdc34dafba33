import type { Request } from './context.ts';

/** What a caller's `Cache-Control` asks of the cache, as far as it is heeded (RFC 9111, section 5.2.1). */
export interface CallerControl {
  noStore: boolean;
  noCache: boolean;
  onlyIfCached: boolean;
  /** How long past its freshness an answer will do (s). */
  maxStaleSeconds: number;
}

/** `max-stale` without a number: however old it is; the most that an ask holds. */
const ANY_AGE = 2 ** 32 - 1;

const nothing: CallerControl = { noStore: false, noCache: false, onlyIfCached: false, maxStaleSeconds: 0 };
const directive = /^[ \t]*([\w-]+)(?:="?(\d+)"?)?[ \t]*$/;

/** Nothing where the route does not heed it. Directives that are not known here, or cannot be read, are ignored. */
export function callerControlOf(request: Request, heeded: boolean): CallerControl {
  const header = request.headers['cache-control'];
  if (!heeded || header === undefined) return nothing;
  const control = { ...nothing };
  for (const each of [header].flat().join(',').split(',')) {
    const [, name, seconds] = directive.exec(each) ?? [];
    switch (name?.toLowerCase()) {
      case 'no-store':
        control.noStore = true;
        break;
      case 'no-cache':
        control.noCache = true;
        break;
      case 'only-if-cached':
        control.onlyIfCached = true;
        break;
      case 'max-stale':
        control.maxStaleSeconds = Math.min(Number(seconds ?? ANY_AGE), ANY_AGE);
        break;
      default:
    }
  }
  return control;
}
