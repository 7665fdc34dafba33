import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@rostrum/service/logger';
import type { AuditEntry } from './entry.ts';

export interface AuditLogOptions {
  /** Stores one entry; the same id again is the same entry. @throws when it is not known whether it was stored. */
  append(entry: AuditEntry, id: string): Promise<void>;
  /** Told how many entries were given up. */
  lost(count: number): void;
  log: Logger;
}

export interface AuditLog {
  /** Never waits and never fails. */
  note(entry: AuditEntry): void;
  /** Stores what is waiting, for a short while; then gives the rest up. */
  stop(): Promise<void>;
}

/** How many entries wait for NATS at most: a few MB. */
const queueLimit = 10_000;
const parallel = 32;
const retryMs = 500;
const stopMs = 2_000;

/** Notes calls in order, in the background, as many as wait at a time. What does not fit any more is given up, and said. */
export function createAuditLog({ append, lost, log }: AuditLogOptions): AuditLog {
  const waiting: { entry: AuditEntry; id: string }[] = [];
  let running: Promise<void> | undefined;
  let failing = false;
  let givenUp = 0;

  const giveUp = (count: number) => {
    givenUp += count;
    lost(count);
  };
  const pump = async () => {
    while (waiting.length > 0) {
      const some = waiting.slice(0, parallel);
      try {
        await Promise.all(some.map(({ entry, id }) => append(entry, id)));
        waiting.splice(0, some.length);
        if (failing) log.info({ lost: givenUp }, 'the audit log is written again');
        failing = false;
        givenUp = 0;
      } catch (error) {
        if (!failing) log.error({ err: error }, 'the audit log cannot be written; calls wait for it in memory');
        failing = true;
        await delay(retryMs);
      }
    }
    running = undefined;
  };
  return {
    note(entry) {
      if (waiting.length >= queueLimit) return giveUp(1);
      waiting.push({ entry, id: crypto.randomUUID() });
      running ??= pump();
    },
    async stop() {
      await Promise.race([running, delay(stopMs, undefined, { ref: false })]);
      if (waiting.length === 0) return;
      log.error({ lost: waiting.length }, 'the last calls are not in the audit log');
      giveUp(waiting.splice(0).length);
    },
  };
}
