/** When a task type was polled last, and by whom. */
export interface PollData {
  queueName: string;
  workerId: string | undefined;
  lastPollTime: number;
}

/** How many task types are remembered: anybody may poll for any name. */
const MAX_TYPES = 10_000;

/** The last poll of each task type; the type that was polled longest ago is forgotten first. */
export class PollLog {
  readonly #polls = new Map<string, PollData>();

  note(type: string, workerId: string | undefined): void {
    this.#polls.delete(type);
    this.#polls.set(type, { queueName: type, workerId, lastPollTime: Date.now() });
    for (const oldest of this.#polls.keys()) {
      if (this.#polls.size <= MAX_TYPES) break;
      this.#polls.delete(oldest);
    }
  }

  of(type: string): PollData[] {
    const data = this.#polls.get(type);
    return data ? [data] : [];
  }

  all(): PollData[] {
    return [...this.#polls.values()];
  }
}
