import type { DeadlineWheel, Expiring } from '@rostrum/shared/bus';
import type { Dispatcher } from 'undici';

/** A call has had no answer in time. */
class CallTimeout extends Error {
  override name = 'TimeoutError';
}

interface Answer {
  status: number;
  body: string;
}

/**
 * Sends one request and collects its answer. The client's dispatch interface, and one timer for all calls, cost half of
 * what its promises, streams and signals do for answers of this size (bench/executor/added.ts).
 */
export function exchange(
  dispatcher: Dispatcher,
  wheel: DeadlineWheel<Expiring>,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(wheel, resolve, reject);
    wheel.add(collector, Math.max(0, timeoutMs));
    dispatcher.dispatch(request, collector);
  });
}

class Collector implements Dispatcher.DispatchHandler, Expiring {
  readonly #wheel: DeadlineWheel<Expiring>;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #timeout: CallTimeout | undefined;
  #status = 0;

  constructor(wheel: DeadlineWheel<Expiring>, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#wheel = wheel;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It has waited for a connection until it was too late.
    if (this.#timeout) controller.abort(this.#timeout);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#wheel.remove(this);
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? (first as Buffer) : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, body: body.toString() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#wheel.remove(this);
    this.#reject(this.#timeout ?? error);
  }

  expire(): void {
    this.#timeout = new CallTimeout('no answer in time');
    this.#controller?.abort(this.#timeout);
    this.#reject(this.#timeout);
  }
}
