import type { AuditEntry } from './entry.ts';

/** Where entries are read from; see AuditStream. */
export interface AuditSource {
  bounds(): Promise<{ first: number; last: number }>;
  get(sequence: number): Promise<{ sequence: number; stored: number; entry: AuditEntry } | undefined>;
}

export interface AuditQuery {
  /** Bounds of an entry's time, both included (ms since 1970). */
  since?: number | undefined;
  until?: number | undefined;
  limit: number;
  /** Goes on before this entry. */
  before?: number | undefined;
}

export interface AuditPage {
  entries: ({ id: number } & AuditEntry)[];
  /** What to ask with for the page after this one; absent on the last. */
  next?: string;
}

const parallel = 64;
/** How far an entry may be stored from its own time: it may have waited for NATS, and clocks differ (ms). */
const slackMs = 600_000;
/** How many entries one call looks through at most. */
const most = 20_000;

/** Entries newest first. Times only tell where to begin and end: the stream is in the order of storing. */
export async function readAudit(source: AuditSource, query: AuditQuery): Promise<AuditPage> {
  const { since = 0, until = Infinity, limit, before = Infinity } = query;
  const { first, last } = await source.bounds();
  let at = Math.min(last, before - 1);
  if (until !== Infinity) at = Math.min(at, await lastStoredBy(source, first, at, until + slackMs));
  const entries: AuditPage['entries'] = [];
  for (let looked = 0; at >= first; ) {
    const sequences = Array.from({ length: Math.min(parallel, at - first + 1) }, (_, index) => at - index);
    const found = await Promise.all(sequences.map((sequence) => source.get(sequence)));
    for (const each of found) {
      at -= 1;
      looked += 1;
      if (!each) continue;
      if (each.stored < since - slackMs) return { entries };
      const { time } = each.entry;
      if (time >= since && time <= until) entries.push({ id: each.sequence, ...each.entry });
      if ((entries.length === limit || looked >= most) && at >= first) return { entries, next: String(at + 1) };
    }
  }
  return { entries };
}

/** The last sequence that was stored at this time or before; found by halving. */
async function lastStoredBy(source: AuditSource, first: number, last: number, time: number): Promise<number> {
  let [low, high] = [first - 1, last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const stored = (await source.get(middle))?.stored ?? 0;
    if (stored <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}
