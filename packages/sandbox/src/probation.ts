import { keyOf, type Job } from './job.ts';

/** Revisions that are remembered. One that is forgotten has to prove itself again: a run's time. */
const provenLimit = 10_000;

/**
 * Which revisions may have more than one run at a time: those of which a run has ended by itself since one was last
 * ended by force. So one that loops holds one process, until it has been caught twice and runs apart from the others
 * (`penalties.ts`), and leaves its owner's other revisions the rest.
 */
export class Probation {
  readonly #proven = new Set<string>();
  readonly #running = new Map<string, number>();

  mayStart(job: Job): boolean {
    const key = keyOf(job);
    return !this.#running.has(key) || this.#proven.has(key);
  }

  started(job: Job): void {
    const key = keyOf(job);
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  ended(job: Job): void {
    const key = keyOf(job);
    const left = (this.#running.get(key) ?? 0) - 1;
    if (left > 0) this.#running.set(key, left);
    else this.#running.delete(key);
  }

  prove(job: Job): void {
    const key = keyOf(job);
    if (this.#proven.has(key)) return;
    this.#proven.add(key);
    if (this.#proven.size > provenLimit) this.#proven.delete(this.#proven.values().next().value as string);
  }

  strike(job: Job): void {
    this.#proven.delete(keyOf(job));
  }
}
