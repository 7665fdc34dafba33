import { createRequire } from 'node:module';
import { harness } from './harness.mjs';

/** @type {typeof import('isolated-vm')} */
const ivm = createRequire(import.meta.url)('isolated-vm');

/** Contexts are collected by throwing their isolate away: 1 ms while the child is idle, instead of pauses in runs. */
const runsPerIsolate = 100;
/** A script can leave much behind without ending badly. */
const isolateGrowthBytes = 24 * 2 ** 20;

/**
 * The one place that makes contexts. Now each run gets a fresh one, prepared while the child is idle; a hardened context
 * that is used again would be made here, and nowhere else would change.
 *
 * An isolate belongs to one owner. It is thrown away when the owner changes, after a run that was ended by force, and
 * when the process has grown: a new isolate costs 1 ms, collecting a thousand contexts costs more and at a worse moment.
 */
export class Contexts {
  #options;
  /** @type {string | undefined} */
  #owner;
  /** @type {import('isolated-vm').Isolate | undefined} */
  #isolate;
  /** @type {import('isolated-vm').Script | undefined} */
  #harness;
  /** @type {PreparedContext | undefined} */
  #prepared;
  /** Runs in this isolate, and the process's memory when it was made. */
  #runs = 0;
  #rssAtFirst = 0;

  /** @param {{ memoryLimitMb: number, harness: Parameters<typeof harness>[0] }} options */
  constructor(options) {
    this.#options = options;
  }

  /** A context nobody has used, in an isolate no other owner has used. @param {string} owner */
  take(owner) {
    this.#belongTo(owner);
    const context = this.#prepared ?? this.#create();
    this.#prepared = undefined;
    this.#runs++;
    return context;
  }

  /** Makes the next context, so that the next run need not wait for it. */
  prepare() {
    const grown = process.memoryUsage.rss() - this.#rssAtFirst;
    if (this.#runs >= runsPerIsolate || grown > isolateGrowthBytes) this.dispose();
    this.#prepared ??= this.#create();
  }

  /** Throws the isolate away, with all that ran in it. */
  dispose() {
    if (this.#isolate && !this.#isolate.isDisposed) this.#isolate.dispose();
    this.#isolate = this.#harness = this.#prepared = this.#owner = undefined;
  }

  /** Compiles without running. @param {string} owner @param {string} script */
  compile(owner, script) {
    this.#belongTo(owner);
    this.#ready().compileScriptSync(script, { filename: 'script' }).release();
  }

  /** @param {string} owner */
  #belongTo(owner) {
    if (this.#owner !== undefined && this.#owner !== owner) this.dispose();
    this.#owner = owner;
  }

  #ready() {
    if (!this.#isolate || this.#isolate.isDisposed) {
      this.#isolate = new ivm.Isolate({
        memoryLimit: this.#options.memoryLimitMb,
        // After this the process cannot be trusted; whoever runs it sees it die and replaces it.
        onCatastrophicError: () => process.kill(process.pid, 'SIGKILL'),
      });
      const source = `(${harness.toString()})(${JSON.stringify(this.#options.harness)})`;
      this.#harness = this.#isolate.compileScriptSync(source, { filename: 'harness' });
      this.#runs = 0;
      this.#rssAtFirst = process.memoryUsage.rss();
    }
    return this.#isolate;
  }

  #create() {
    const context = this.#ready().createContextSync();
    const functions = /** @type {import('isolated-vm').Script} */ (this.#harness).runSync(context, { reference: true });
    return new PreparedContext(context, functions);
  }
}

class PreparedContext {
  #context;
  #run;
  #collect;

  /** @param {import('isolated-vm').Context} context @param {import('isolated-vm').Reference} functions */
  constructor(context, functions) {
    this.#context = context;
    this.#run = functions.getSync('run', { reference: true });
    this.#collect = functions.getSync('collect', { reference: true });
    functions.release();
  }

  /**
   * Runs a script, and the microtasks it leaves, to their end. Call it once.
   *
   * @param {string} script @param {string} input @param {number} timeoutMs
   * @returns {unknown} what the harness made of it; undefined when a promise can never settle, since nothing is left
   *   that could settle it
   * @throws {Error} on timeout, on the memory limit (the isolate is disposed), on a rejection nobody handled
   */
  run(script, input, timeoutMs) {
    // The comment names the script in stack traces; the last such comment wins.
    const source = `${script}\n//# sourceURL=script`;
    const outcome = this.#run.applySync(undefined, [source, input], { timeout: timeoutMs });
    return outcome ?? this.#collect.applySync(undefined, [], { timeout: timeoutMs });
  }

  release() {
    this.#run.release();
    this.#collect.release();
    this.#context.release();
  }
}
