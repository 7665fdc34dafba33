const duration =
  /^\s*(?:(\d+)\s*(?:days?|d))?\s*(?:(\d+)\s*(?:hours?|hrs?|h))?\s*(?:(\d+)\s*(?:minutes?|mins?|m))?\s*(?:(\d+)\s*(?:seconds?|secs?|s))?\s*$/i;

/** Seconds in a WAIT task's `duration`, such as `1 days 2h 30 seconds`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = duration.exec(text);
  if (!match) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

const moment = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?: (\S+))?)?$/;

/**
 * A WAIT task's `until` in milliseconds since the epoch: `yyyy-MM-dd`, `yyyy-MM-dd HH:mm` (both in the server's time
 * zone) or `yyyy-MM-dd HH:mm z` (`GMT`, `UTC`, `+02:00`, …). Undefined when it is none of them. Parts above their range
 * carry over, as they do on the real server.
 */
export function parseUntil(text: string): number | undefined {
  const match = moment.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0] = match.slice(1, 6).map((part) => Number(part ?? 0));
  const zone = match[6];
  if (zone === undefined) return new Date(year, month - 1, day, hours, minutes).getTime();
  const offset = zoneOffset(zone);
  return offset === undefined ? undefined : Date.UTC(year, month - 1, day, hours, minutes) - offset;
}

/** Milliseconds a zone is ahead of UTC. Names other than UTC's are not known here. */
function zoneOffset(zone: string): number | undefined {
  const match = /^(?:GMT|UTC|Z)?(?:([+-])(\d{1,2}):?(\d{2}))?$/.exec(zone);
  if (!match) return undefined;
  const [, sign, hours, minutes] = match;
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0;
}
