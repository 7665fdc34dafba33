import { createRequire } from 'node:module';
import { PreparedContext } from './context.mjs';
import { harden } from './harden.mjs';
import { harness } from './harness.mjs';
import { describeIntrinsics } from './intrinsics.mjs';

/** @type {typeof import('isolated-vm')} */
const ivm = createRequire(import.meta.url)('isolated-vm');

/** An isolate for contexts of one kind, made when it is first needed, again when it has been disposed of. */
export class ContextIsolate {
  #memoryLimit;
  #harnessSource;
  /** @type {import('isolated-vm').Isolate | undefined} */
  #isolate;
  /** @type {import('isolated-vm').Script | undefined} */
  #harness;
  /** @type {import('isolated-vm').Script | undefined} */
  #description;
  /** Contexts made since the isolate was. */
  created = 0;

  /**
   * @param {'fresh' | 'hardened'} kind
   * @param {{ memoryLimitMb: number, harness: Parameters<typeof harness>[0] }} options
   */
  constructor(kind, options) {
    const given = [JSON.stringify(options.harness), ...(kind === 'hardened' ? [harden.toString()] : [])];
    this.#harnessSource = `(${harness.toString()})(${given.join()})`;
    this.#memoryLimit = options.memoryLimitMb;
  }

  create() {
    const isolate = this.#ready();
    this.#harness ??= isolate.compileScriptSync(this.#harnessSource, { filename: 'harness' });
    this.created++;
    const context = isolate.createContextSync();
    return new PreparedContext(context, this.#harness.runSync(context, { reference: true }));
  }

  /**
   * All built-ins of a context of this isolate, as text that is the same for all that are the same.
   *
   * @param {PreparedContext} context @param {number} timeoutMs
   * @throws {Error} when that takes longer, or what a script has put there throws
   */
  describe(context, timeoutMs) {
    this.#description ??= this.#compileDescription();
    return context.evaluate(this.#description, timeoutMs);
  }

  /** Compiles without running. @param {string} script @throws {SyntaxError} with the place in its message */
  compile(script) {
    this.#ready().compileScriptSync(script, { filename: 'script' }).release();
  }

  dispose() {
    if (this.#isolate && !this.#isolate.isDisposed) this.#isolate.dispose();
    this.#isolate = this.#harness = this.#description = undefined;
    this.created = 0;
  }

  #compileDescription() {
    const isolate = this.#ready();
    const bare = isolate.createContextSync();
    const names = JSON.parse(bare.evalSync('JSON.stringify(Object.getOwnPropertyNames(globalThis))'));
    bare.release();
    // Each run gets a console of its own, and what is declared on the global object is a script's own affair.
    const looked = names.filter((/** @type {string} */ name) => name !== 'globalThis' && name !== 'console');
    return isolate.compileScriptSync(`(${describeIntrinsics.toString()})(${JSON.stringify(looked)})`);
  }

  #ready() {
    if (!this.#isolate || this.#isolate.isDisposed) {
      this.dispose();
      this.#isolate = new ivm.Isolate({
        memoryLimit: this.#memoryLimit,
        // After this the process cannot be trusted; whoever runs it sees it die and replaces it.
        onCatastrophicError: () => process.kill(process.pid, 'SIGKILL'),
      });
    }
    return this.#isolate;
  }
}
