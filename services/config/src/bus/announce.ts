import type { Bus } from '@rostrum/shared/bus';
import { encodeJson, type Head } from '@rostrum/shared/messages';
import type { RevisionStore } from '../storage/store.ts';
import { pageOf } from './page.ts';

const beatMs = 1_000;

/**
 * Tells the ingresses which heads this replica has seen move, those of one turn together, and its sequence every
 * second. Every replica tells every move: a replica that dies after moving a head leaves nobody uninformed.
 */
export function startAnnouncing(bus: Bus, revisions: RevisionStore, pageBytes: number): { stop(): void } {
  const say = (heads: Head[], after?: number) =>
    bus.announce(
      bus.subjects.changed,
      encodeJson({ sequence: revisions.sequence, heads, ...(after === undefined ? {} : { after }) }),
    );
  let moved: Head[] = [];
  let told = revisions.sequence;
  const flush = () => {
    const page = pageOf(moved, pageBytes);
    // Only a page that is all of it leads from one sequence to the next.
    if (page.length === moved.length) say(page, told);
    else
      for (let rest = moved; rest.length > 0; rest = rest.slice(pageOf(rest, pageBytes).length))
        say(pageOf(rest, pageBytes));
    told = revisions.sequence;
    moved = [];
  };
  revisions.onHead((head) => {
    if (moved.push(head) === 1) setImmediate(flush);
  });
  const beat = setInterval(() => say([]), beatMs);
  // At once, too: an ingress that was started before us waits for a sign to ask.
  say([]);
  return { stop: () => clearInterval(beat) };
}
