import { Worker } from 'node:worker_threads';
import type { Json } from '../definitions/types.ts';
import { JqFailure, type JqRunner } from '../engine/tools.ts';
import type { JqAnswer, JqRequest } from './worker.ts';

/** The longest that one program may take (ms). */
const LIMIT_MS = 4000;

/**
 * Runs jq programs one after the other in a thread of its own, which starts with the first one. A program that takes too
 * long, or all the memory there is, loses the thread; the next one gets another.
 */
export class JqWorker implements JqRunner {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  async run(program: string, input: Json): Promise<unknown[]> {
    const request = { program, input: JSON.stringify(input) };
    const answered = this.#last.then(() => this.#ask(request));
    this.#last = answered.catch(() => {});
    const answer = await answered;
    if ('fault' in answer) throw new JqFailure(reason(answer.fault));
    const lines = answer.results === '' ? [] : answer.results.split('\n');
    return lines.map((line) => JSON.parse(line) as unknown);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(request: JqRequest): Promise<JqAnswer> {
    const worker = (this.#worker ??= startWorker());
    const { promise, resolve } = Promise.withResolvers<JqAnswer>();
    const lose = (fault: string) => {
      this.#worker = undefined;
      void worker.terminate();
      resolve({ fault });
    };
    const onError = ({ message }: Error) =>
      lose(message.startsWith('Aborted') ? 'Program needs too much memory.' : message);
    const onExit = () => lose('the server stops');
    const timeout = setTimeout(
      () => lose(`Program not finished within ${LIMIT_MS / 1000} seconds, interrupted.`),
      LIMIT_MS,
    );
    worker.on('message', resolve).on('error', onError).on('exit', onExit);
    worker.postMessage(request, []);
    try {
      return await promise;
    } finally {
      clearTimeout(timeout);
      worker.off('message', resolve).off('error', onError).off('exit', onExit);
    }
  }
}

function startWorker(): Worker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { stderr: true });
  // An idle thread keeps no process alive; what it says of its own end is told by the program's fault.
  worker.unref();
  worker.on('error', () => {});
  return worker;
}

/** What jq says, without the part about its command line; the real server says the same of most faults. */
function reason(fault: string): string {
  const [first = '', ...rest] = fault.split('\n');
  const said = first.replace(/^jq: error( \(at [^)]*\))?( \(not a string\))?: /, '').replace(/ at <top-level>.*$/, '');
  const index = /^(Cannot index \w+ with string) \((".*")\)$/.exec(said);
  if (index) return `${index[1]} ${index[2]}`;
  const name = /^(\$?[\w:]+)(\/\d+)? is not defined$/.exec(said);
  if (name) return name[2] ? `Function ${name[1]}${name[2]} does not exist` : `Undefined variable: ${name[1]}`;
  return rest.length > 0 && said === '' ? fault : said;
}
