import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@rostrum/service/logger';
import { compile, revisionOf } from '../domain/compile.ts';
import { type Change, type ConfigState, withChange } from '../domain/records.ts';
import type { Author } from '../domain/stamp.ts';
import { AdminProblem } from '../problems.ts';
import { publishAll } from '../revisions/publish.ts';
import { type ConfigStore, Conflict, largestPart, parts, type RevisionStore, type Sizes } from '../storage/store.ts';

/** What a request makes of the configuration as it is: the change (none: it is like that already) and the answer. */
export interface Decision<T> {
  change?: Change | undefined;
  answer: T;
}

/** Looks at the state and decides. Called again with a newer state when another has written meanwhile. */
export type Decide<T> = (state: ConfigState, author: Author) => Decision<T>;

/** `author` is who asks for it. */
export type Write = <T>(decide: Decide<T>, author: Author) => Promise<T>;

export interface WritePathOptions {
  config: ConfigStore;
  revisions: RevisionStore;
  /** Whether the bus is there: what is sent while it is not would be lost. */
  connected(): boolean;
  /** The most that the bus carries in one message. */
  maxBytes(): number;
  /** Counts the commits that were tried. */
  count(outcome: 'stored' | 'conflict'): void;
  log: Logger;
}

/** How long a write goes on against others that get there first (ms). */
const patienceMs = 10_000;

/**
 * The way of every write: catch up ▸ decide and validate ▸ commit ▸ compile ▸ move heads ▸ (by the watch of the heads) announce.
 * The commit is where it happens; it succeeds only if nothing was written since the state that was validated against.
 * What comes after it any replica can finish.
 */
export function createWritePath({ config, revisions, connected, maxBytes, count, log }: WritePathOptions): Write {
  const write: Write = async (decide, author) => {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      if (!connected()) throw new AdminProblem('service-unavailable', 'NATS is away; nothing was changed. Try again.');
      // Else a refusal, or "it is like that already", could come from what is so no longer.
      await config.catchUp();
      const { state } = config;
      const expected = state.sequence;
      author.check?.(state);
      const { change, answer } = decide(state, author);
      if (!change) return answer;

      const next = withChange(state, change, expected + 1);
      const affected = affectedServices(next, change, expected + 1);
      await refuseTooLarge(next, config.sizes(change), affected, maxBytes());

      try {
        await config.commit(change, expected, author.name);
        count('stored');
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        count('conflict');
        if (performance.now() > deadline) {
          const detail = 'Others change the configuration all the time; nothing of yours was stored. Try again.';
          throw new AdminProblem('service-unavailable', detail, {}, error);
        }
        continue;
      }

      try {
        await publishAll(config, revisions, affected);
      } catch (error) {
        // It is stored, so it is done; the reconciler of this or another replica brings the revisions out.
        log.warn({ err: error, services: affected }, 'revisions are not out yet');
      }
      return answer;
    }
  };
  return inTurn(write);
}

/** One write after the other: they would only conflict with each other. */
function inTurn(write: Write): Write {
  let last: Promise<unknown> = Promise.resolve();
  return (decide, author) => {
    const turn = last.then(() => write(decide, author));
    last = turn.catch(() => {});
    return turn;
  };
}

/** Services that have a new revision by this change. */
function affectedServices(next: ConfigState, change: Change, sequence: number): string[] {
  if (change.kind === 'service') return [change.id];
  if (!['auth', 'schema', 'application'].includes(change.kind)) return [];
  return [...next.services.keys()].filter((id) => revisionOf(next, id) === sequence);
}

/** Leaves room for a message's headers and framing. */
const framing = 16_384;

/** What does not fit into a message cannot be stored; a compiled revision may take several. @throws {AdminProblem} */
async function refuseTooLarge(
  next: ConfigState,
  stored: Sizes,
  services: readonly string[],
  max: number,
): Promise<void> {
  const refuse = ({ what, bytes }: Sizes[number], limit: number, advice: string) => {
    if (bytes <= limit) return;
    throw new AdminProblem('payload-too-large', `${what} takes ${bytes} bytes, and may take ${limit}: ${advice}.`);
  };
  for (const each of stored) {
    refuse(each, max - framing, 'make it smaller, split the service, or raise max_payload of NATS');
  }
  for (const id of services) {
    const service = next.services.get(id)?.value;
    if (!service) continue;
    const compiled = compile(next, service);
    for (const part of parts) {
      const bytes = Buffer.byteLength(JSON.stringify(compiled[part]));
      const what = `the compiled service ${id} (its ${part} part)`;
      refuse({ what, bytes }, largestPart, 'make it smaller, or split the service');
    }
    // An auth config may have a thousand services: others are served in between.
    await nextTurn();
  }
}
