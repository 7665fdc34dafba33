import type { AuditEntry } from './entry.ts';

/** Calls of those who showed no token, as far as they are not let in: anybody can make as many as he likes. */
export interface Strangers {
  note(entry: AuditEntry): void;
  /** Notes what was counted up to now. */
  stop(): void;
}

const windowMs = 60_000;
/** How many calls of an address are noted one by one in a window; what comes after is one entry with their number. */
const each = 5;
/** How many addresses are told apart in a window; those of others count as one. */
const most = 20;
const everybodyElse = '*';
/** As much of a path as is kept (characters). */
const longest = 200;

/**
 * Keeps strangers from pushing out of the audit log what others did, whose oldest entries go first: they can fill
 * some 60 MB of it a day. A window begins with the first call after the one before it.
 */
export function countStrangers(note: (entry: AuditEntry) => void): Strangers {
  const seen = new Map<string, { count: number; last?: AuditEntry }>();
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearTimeout(timer);
    timer = undefined;
    for (const { count, last } of seen.values()) if (last) note({ ...last, repeats: count - each });
    seen.clear();
  };
  return {
    note(given) {
      timer ??= setTimeout(end, windowMs).unref();
      const address = seen.has(given.address) || seen.size < most ? given.address : everybodyElse;
      const entry = { ...given, address, path: given.path.slice(0, longest) };
      const { count = 0 } = seen.get(address) ?? {};
      seen.set(address, count < each ? { count: count + 1 } : { count: count + 1, last: entry });
      if (count < each) note({ ...entry, address: given.address });
    },
    stop: end,
  };
}
