import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long such work may hold the event loop at a time (ms): with what a request and a collection take on top, all of it is less than 5 ms. */
const SLICE_MS = 1;

let until = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs work to its end, one after the other in a process: wherever it yields and the slice is over, requests have their
 * turn. @throws what the work throws.
 */
export function inSlices<T>(work: Generator<void, T>): Promise<T> {
  const done = last.then(() => sliced(work));
  last = done.catch(() => {});
  return done;
}

async function sliced<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    if (performance.now() >= until) {
      await nextTurn();
      until = performance.now() + SLICE_MS;
    }
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The same in one go. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
