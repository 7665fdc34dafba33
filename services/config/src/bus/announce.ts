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
  const say = (heads: Head[]) =>
    bus.announce(bus.subjects.changed, encodeJson({ sequence: revisions.sequence, heads }));
  let moved: Head[] = [];
  const flush = () => {
    while (moved.length > 0) {
      const page = pageOf(moved, pageBytes);
      say(page);
      moved = moved.slice(page.length);
    }
  };
  revisions.onHead((head) => {
    if (moved.push(head) === 1) setImmediate(flush);
  });
  const beat = setInterval(() => say([]), beatMs);
  // At once, too: an ingress that was started before us waits for a sign to ask.
  say([]);
  return { stop: () => clearInterval(beat) };
}
