/** One call of the admin API, as the audit log keeps it: neither bodies nor secrets. */
export interface AuditEntry {
  /** When it ended (ms since 1970). */
  time: number;
  /** The id of the access key, where the caller has one that is known. */
  principal?: string;
  /** The caller's, as this process sees it; `*`: of several. */
  address: string;
  method: string;
  /** With those members of the query that are known to hold no secret. */
  path: string;
  status: number;
  outcome: 'done' | 'denied' | 'refused' | 'failed';
  /** The caller hung up before the answer, whose status this is. */
  cut?: true;
  /** How many calls it stands for, of which it shows the last; absent: itself. */
  repeats?: number;
}

/** Query parameters whose values are shown; those of others may be anything, a token included. */
const shown = new Set([
  ...['method', 'path', 'start', 'end', 'since', 'until', 'limit', 'cursor', 'status'],
  ...['serviceId', 'revision', 'name', 'version', 'replace'],
]);
const longest = 2_000;

export function auditedPath(url: string): string {
  const [path = '', query] = url.split('?', 2);
  if (query === undefined) return path.slice(0, longest);
  const members = [...new URLSearchParams(query)].map(([name, value]) =>
    shown.has(name) ? `${encodeURIComponent(name)}=${encodeURIComponent(value)}` : `${encodeURIComponent(name)}=…`,
  );
  return `${path}?${members.join('&')}`.slice(0, longest);
}

/** Denied: who calls may not. Refused: what was asked for cannot be. Failed: it was ours. */
export function outcomeOf(status: number): AuditEntry['outcome'] {
  if (status < 400) return 'done';
  if (status === 401 || status === 403) return 'denied';
  return status < 500 ? 'refused' : 'failed';
}
