import { request } from 'undici';
import type { WorkflowEvent } from '../engine/engine.ts';
import type { Workflow } from '../engine/model.ts';
import { statusNotification } from './status-notification.ts';

/** What a server can be told to push: FAILED and TIMED_OUT are accepted, but every end that is no success is TERMINATED. */
export const pushedStatuses = [
  ...['RUNNING', 'COMPLETED', 'TERMINATED', 'PAUSED', 'RESUMED', 'RESTARTED', 'RETRIED', 'RERAN', 'FINALIZED'],
  ...['FAILED', 'TIMED_OUT'],
] as const;

/** How many pushes wait at most; what comes after that is lost. */
const MAX_WAITING = 1000;
/** How long a receiver may take (ms). */
const TIMEOUT_MS = 5000;

export interface PublisherOptions {
  /** Posted to `{url}/null`, as the real server does it. */
  url: string;
  statuses: ReadonlySet<string>;
  /** Told of each push that was lost: nothing is sent twice. */
  onLost(reason: unknown, workflowId: string): void;
}

/** Tells a receiver what becomes of workflows, one push after the other. */
export class StatusPublisher {
  readonly #options: PublisherOptions;
  readonly #waiting: { body: string; workflowId: string }[] = [];
  readonly #stopping = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * Ends are pushed of every workflow, anything else only of those whose definition says `workflowStatusListenerEnabled`:
   * so does the real server.
   */
  publish(workflow: Workflow, event: WorkflowEvent): void {
    if (!this.#options.statuses.has(event)) return;
    const always = event === 'COMPLETED' || event === 'TERMINATED';
    if (!always && workflow.plan.def.workflowStatusListenerEnabled !== true) return;
    const { workflowId } = workflow;
    if (this.#waiting.length >= MAX_WAITING) return this.#options.onLost('too many wait', workflowId);
    this.#waiting.push({ body: JSON.stringify(statusNotification(workflow)), workflowId });
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** What waits is lost, and what is being sent as well. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#stopping.abort();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await this.#send(next.body);
      } catch (error) {
        this.#options.onLost(error, next.workflowId);
      }
    }
  }

  async #send(body: string): Promise<void> {
    const answer = await request(`${this.#options.url}/null`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body,
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#stopping.signal]),
    });
    await answer.body.dump();
    if (answer.statusCode >= 400) throw new Error(`the receiver answered ${answer.statusCode}`);
  }
}
