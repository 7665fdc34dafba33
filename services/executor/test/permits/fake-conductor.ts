import type { StartIntent, WorkflowLooker } from '../../src/permits/permits.ts';

/** Workflows that run until they are told to end: what a real server cannot be told. */
export class FakeConductor implements WorkflowLooker {
  /** By id: whether it still runs. */
  readonly #running = new Map<string, boolean>();
  readonly #byCorrelation = new Map<string, string>();
  readonly lookedAt: string[] = [];
  /** When each search began (performance.now, ms), by correlation id. */
  readonly searched = new Map<string, number[]>();
  /** The server cannot search by correlation id. */
  blind = false;
  /** Looks wait for {@link answer}. */
  slow = false;
  mostInFlight = 0;
  #waiting: (() => void)[] = [];

  start(intent: Pick<StartIntent, 'correlationId'>): string {
    const workflowId = `workflow-of-${intent.correlationId}`;
    this.#running.set(workflowId, true);
    this.#byCorrelation.set(intent.correlationId, workflowId);
    return workflowId;
  }

  end(workflowId: string): void {
    this.#running.set(workflowId, false);
  }

  endAll(): void {
    for (const workflowId of this.#running.keys()) this.end(workflowId);
  }

  isRunning(workflowId: string): boolean {
    return this.#running.get(workflowId) === true;
  }

  answer(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  async look(workflowId: string): Promise<'running' | 'ended' | 'gone'> {
    this.lookedAt.push(workflowId);
    if (this.slow) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resume);
        this.mostInFlight = Math.max(this.mostInFlight, this.#waiting.length);
        function resume() {
          resolve();
        }
      });
    }
    const running = this.#running.get(workflowId);
    return running === undefined ? 'gone' : running ? 'running' : 'ended';
  }

  async find(_workflow: string, correlationId: string): Promise<string | undefined> {
    this.searched.set(correlationId, [...(this.searched.get(correlationId) ?? []), performance.now()]);
    if (this.blind) throw new Error('this server has no index');
    return this.#byCorrelation.get(correlationId);
  }
}
