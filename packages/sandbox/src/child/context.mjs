import { getRandomValues } from 'node:crypto';

/** Cleaning takes 20 µs; but a script may leave a million globals, and the next run may wait already. */
const cleanLimitMs = 50;
const seeds = new Uint32Array(1_024);
let seedsUsed = seeds.length;

/** Four random words. @returns {number[]} */
function nextSeed() {
  if (seedsUsed === seeds.length) {
    getRandomValues(seeds);
    seedsUsed = 0;
  }
  seedsUsed += 4;
  return [...seeds.subarray(seedsUsed - 4, seedsUsed)];
}

/** A context with the harness in it. A fresh one is for one run; a hardened one for as many as `clean` allows. */
export class PreparedContext {
  #context;
  #run;
  #collect;
  #clean;
  #settled = true;

  /** @param {import('isolated-vm').Context} context @param {import('isolated-vm').Reference} functions */
  constructor(context, functions) {
    this.#context = context;
    this.#run = functions.getSync('run', { reference: true });
    this.#collect = functions.getSync('collect', { reference: true });
    this.#clean = functions.getSync('clean', { reference: true });
    functions.release();
  }

  /**
   * Runs a script, and the microtasks it leaves, to their end.
   *
   * @param {string} script @param {string} input @param {number} timeoutMs
   * @returns {unknown} what the harness made of it; undefined when a promise can never settle, since nothing is left
   *   that could settle it
   * @throws {Error} on timeout, on the memory limit (the isolate is disposed), on a rejection nobody handled
   */
  run(script, input, timeoutMs) {
    this.#settled = false;
    // The comment names the script in stack traces; the last such comment wins.
    const source = `${script}\n//# sourceURL=script`;
    const outcome =
      this.#run.applySync(undefined, [source, input, ...nextSeed()], { timeout: timeoutMs }) ??
      this.#collect.applySync(undefined, [], { timeout: timeoutMs });
    this.#settled = outcome !== undefined;
    return outcome;
  }

  /**
   * After a run: true when nothing is left of it. Never of a fresh context, nor after a run that has not ended well.
   *
   * @param {boolean} [wasShort] the run had no time to leave much, so cleaning needs no limit: a limit is a timer
   */
  clean(wasShort = false) {
    try {
      return this.#settled && this.#clean.applySync(undefined, [], wasShort ? {} : { timeout: cleanLimitMs }) === true;
    } catch {
      return false;
    }
  }

  /** @param {import('isolated-vm').Script} script @param {number} timeoutMs */
  evaluate(script, timeoutMs) {
    return script.runSync(this.#context, { timeout: timeoutMs });
  }

  release() {
    for (const reference of [this.#run, this.#collect, this.#clean, this.#context]) reference.release();
  }
}
