import { type Job, keyOf } from './job.ts';

/** Runs of a script that are watched before its runs may share a context. */
const watchedRuns = 5;
/** Scripts that are remembered. */
const scriptLimit = 1_000;

interface Verdict {
  script: string;
  watched: number;
  /** The run that is watched now. Looking at all built-ins takes 5 ms, so it is never more than one process of a script. */
  watching: Job | undefined;
  changes: boolean;
}

/** What a child is told of a script: to give it a fresh context; to look at what it has changed. */
export interface Orders {
  fresh: boolean;
  watch: boolean;
}

/** Which scripts have been seen to change built-ins, so that their runs may not share a context; and who is watched. */
export class Verdicts {
  readonly #verdicts = new Map<string, Verdict>();

  /** For a run that begins. */
  begin(job: Job): Orders {
    const verdict = this.#find(job);
    const isKnown = verdict.changes || verdict.watched >= watchedRuns;
    const watch = !isKnown && verdict.watching === undefined;
    if (watch) verdict.watching = job;
    return { watch, fresh: verdict.changes || !isKnown };
  }

  /** A run has ended. One that was to be watched and could not be counts as well: else it would never get further. */
  end(job: Job, changes: boolean): void {
    const verdict = this.#find(job);
    if (verdict.watching !== job) return;
    verdict.watching = undefined;
    verdict.watched++;
    verdict.changes ||= changes;
  }

  #find(job: Job): Verdict {
    const key = keyOf(job);
    let verdict = this.#verdicts.get(key);
    if (verdict?.script !== job.script) {
      verdict = { script: job.script, watched: 0, watching: undefined, changes: false };
      this.#verdicts.set(key, verdict);
      if (this.#verdicts.size > scriptLimit) this.#verdicts.delete(this.#verdicts.keys().next().value as string);
    }
    return verdict;
  }
}
