import type { TrafficReport, TrafficSeries } from '@rostrum/shared/messages';
import type { TrafficRecorder } from './recorder.ts';

export interface ReporterOptions {
  recorder: TrafficRecorder;
  /** Names this process. */
  process: string;
  /** Series that fit into one report. */
  maxSeries?: number;
  everyMs: number;
  /** @throws when it is not known whether the report was taken. */
  send(report: TrafficReport): Promise<void>;
}

/**
 * Reports what was counted every so often. A report that was not taken is sent again under the same id, before any
 * other; meanwhile the recorder goes on counting, so that nothing grows and nothing is lost while config is away.
 */
export class TrafficReporter {
  readonly #options: ReporterOptions;
  readonly #timer: NodeJS.Timeout;
  #waiting: TrafficReport[] = [];
  #number = 0;
  #sending: Promise<void> | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.report(), options.everyMs);
    this.#timer.unref();
  }

  /** Sends what there is; resolves when it was taken, or cannot be for now. */
  report(): Promise<void> {
    this.#sending ??= this.#report().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
    await this.report();
  }

  async #report(): Promise<void> {
    const { recorder, send } = this.#options;
    if (this.#waiting.length === 0) this.#waiting = this.#reportsOf(recorder.take());
    while (this.#waiting[0]) {
      try {
        await send(this.#waiting[0]);
      } catch {
        return;
      }
      this.#waiting.shift();
    }
  }

  #reportsOf(series: readonly TrafficSeries[]): TrafficReport[] {
    const { process, maxSeries = 200 } = this.#options;
    const reports: TrafficReport[] = [];
    for (let at = 0; at < series.length; at += maxSeries) {
      reports.push({ id: `${process}-${++this.#number}`, series: series.slice(at, at + maxSeries) });
    }
    return reports;
  }
}
