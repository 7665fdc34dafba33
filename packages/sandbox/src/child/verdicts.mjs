import { hash } from 'node:crypto';
import { changesBuiltins } from './builtins.mjs';

/** Scripts that are remembered. */
const scriptLimit = 1_000;

/**
 * What is known of scripts: whether their runs may share a context, and how many were watched. It outlives contexts and
 * owners, since watching a run costs more than ten runs do; it is known by the script's text, so nothing of a run is in it.
 */
export class Verdicts {
  /** @type {Map<string, Verdict>} those asked for lately, the latest last */
  #verdicts = new Map();

  /** @param {string} script @returns {Verdict} which the caller may change */
  of(script) {
    const key = hash('sha256', script, 'base64');
    const verdict = this.#verdicts.get(key) ?? { mayReuse: !changesBuiltins(script), watched: 0 };
    this.#verdicts.delete(key);
    this.#verdicts.set(key, verdict);
    if (this.#verdicts.size > scriptLimit) this.#verdicts.delete(this.#verdicts.keys().next().value ?? '');
    return verdict;
  }
}

/**
 * @typedef {object} Verdict
 * @property {boolean} mayReuse
 * @property {number} watched runs after which all built-ins were as before
 */
