import { changesBuiltins } from './builtins.mjs';
import { ContextIsolate } from './isolate.mjs';

/** Fresh contexts are collected by throwing their isolate away: 1 ms while the child is idle, instead of pauses in runs. */
const runsPerIsolate = 100;
/** A script can leave much behind without ending badly. */
const growthBytes = 24 * 2 ** 20;
/** Revisions that keep a hardened context, of half a megabyte each; the one that rested longest gives its up. */
const revisionLimit = 12;
/** A hardened context costs 4 ms to make, as much as ten fresh ones: a revision's first runs go without. */
const runsUntilHardened = 5;
/** Looking at all built-ins takes 5 ms, on a busy machine 50; a script can have made it take for ever. */
const watchLimitMs = 1_000;
const watchLeastMs = 100;
/** And those after one that spoiled its context, since a script that does so does it in most of its runs. */
const runsAfterSpoiling = 100;
/** What runs for less (ms) has allocated little: after such a run, memory is read only every so often. */
const shortRunMs = 0.5;
const shortRunsBetweenReads = 16;
/** Longer scripts go without: what they take to compile and to run outweighs their context, and their text is kept. */
const longestReused = 65_536;

/**
 * The one place that chooses contexts. A revision's first runs get a fresh one each, prepared while the child is idle;
 * then it gets a hardened one of its own, which is used again as long as a run leaves nothing in it (ADR 5). A script
 * that changed built-ins in one of those first runs never does: there its changes would be lost.
 *
 * Isolates belong to one owner. They are thrown away when the owner changes, after a run that was ended by force, and
 * when the process has grown: a new isolate costs 1 ms, collecting a thousand contexts costs more and at a worse moment.
 */
export class Contexts {
  /** @type {string | undefined} */
  #owner;
  #fresh;
  #hardened;
  /** @type {import('./context.mjs').PreparedContext | undefined} */
  #prepared;
  /** @type {string | undefined} the description of built-ins nobody has touched */
  #pristine;
  /** @type {Map<string, Revision>} what has run lately, the latest last */
  #revisions = new Map();
  /** @type {{ context: import('./context.mjs').PreparedContext, revision: Revision, fresh: boolean } | undefined} not tidied up yet */
  #taken;
  /** The process's memory when both isolates were new. */
  #rssAtFirst = 0;
  #lastRss = 0;
  #shortRuns = 0;

  /** @param {ConstructorParameters<typeof ContextIsolate>[1]} options */
  constructor(options) {
    this.#fresh = new ContextIsolate('fresh', options);
    this.#hardened = new ContextIsolate('hardened', options);
  }

  /**
   * A context in which nothing of an earlier run is left, in an isolate no other owner has used.
   *
   * @param {string} owner @param {string} name of the script's revision @param {string} script
   * @param {boolean} [fresh] it may change built-ins: the context is none that was or will be used by another run
   */
  take(owner, name, script, fresh = false) {
    this.#belongTo(owner);
    const revision = this.#revisionOf(name, script);
    const context = (fresh ? undefined : revision.hardened) ?? this.#takePrepared();
    this.#taken = { context, revision, fresh };
    return context;
  }

  /**
   * After a run that failed: a fresh context to run it in again, since frozen built-ins may be the reason. Undefined when
   * it had one.
   */
  again() {
    if (!this.#taken) return undefined;
    const { context, revision } = this.#taken;
    if (context !== revision.hardened) return undefined;
    if (!context.clean()) {
      context.release();
      revision.hardened = undefined;
    }
    this.#taken = { context: this.#takePrepared(), revision, fresh: false };
    return this.#taken.context;
  }

  /** The script that runs needs what a hardened context does not allow: it gets fresh ones from now on. */
  keepFresh() {
    if (this.#taken) this.#keepFresh(this.#taken.revision);
  }

  /**
   * True when the run that has just ended can be watched: its script may come to share a context, but had a fresh one.
   *
   * @param {number} timeLeftMs of the run
   */
  canWatch(timeLeftMs) {
    if (!this.#taken || timeLeftMs < watchLeastMs) return false;
    const { context, revision } = this.#taken;
    return context !== revision.hardened && revision.mayReuse;
  }

  /**
   * Looks whether the run has changed built-ins; if so, its script gets fresh contexts from now on. What the script has
   * put into them may run once more meanwhile, so a run that is watched ends after this.
   *
   * @param {number} timeLeftMs of the run
   * @returns {boolean} whether it has
   */
  watch(timeLeftMs) {
    if (!this.#taken) return false;
    const { context, revision } = this.#taken;
    try {
      this.#pristine ??= this.#fresh.describe(this.#fresh.create(), watchLimitMs);
      const now = this.#fresh.describe(context, Math.min(watchLimitMs, Math.floor(timeLeftMs)));
      if (now === this.#pristine) return false;
    } catch {
      this.dispose();
    }
    this.#keepFresh(revision);
    return true;
  }

  /**
   * After a run: cleans up, and makes the contexts of the next runs, so that they need not wait for it.
   *
   * @param {number} [ranMs] how long the run took
   * @returns {number} the process's memory (bytes), as last read: reading it costs more than a run
   */
  prepare(ranMs = Number.POSITIVE_INFINITY) {
    const wasShort = ranMs < shortRunMs;
    const isCleaned = this.#tidy(wasShort);
    if (isCleaned && wasShort && ++this.#shortRuns % shortRunsBetweenReads > 0) return this.#lastRss;
    let rss = process.memoryUsage.rss();
    const hasGrown = () => this.#rssAtFirst > 0 && rss - this.#rssAtFirst > growthBytes;
    if (this.#fresh.created >= runsPerIsolate || hasGrown()) {
      this.#disposeFresh();
      rss = process.memoryUsage.rss();
      if (hasGrown()) this.#disposeHardened();
    }
    this.#prepared ??= this.#fresh.create();
    if (this.#rssAtFirst === 0) this.#rssAtFirst = rss;
    this.#lastRss = rss;
    return rss;
  }

  /** Throws the isolates away, with all that ran in them. */
  dispose() {
    this.#disposeFresh();
    this.#disposeHardened();
    this.#revisions.clear();
    this.#owner = this.#taken = undefined;
    this.#rssAtFirst = 0;
  }

  /** Compiles without running. @param {string} owner @param {string} script */
  compile(owner, script) {
    this.#belongTo(owner);
    this.#fresh.compile(script);
  }

  /** @param {string} owner */
  #belongTo(owner) {
    if (this.#owner !== undefined && this.#owner !== owner) this.dispose();
    this.#owner = owner;
  }

  #takePrepared() {
    const context = this.#prepared ?? this.#fresh.create();
    this.#prepared = undefined;
    return context;
  }

  /** @param {Revision} revision */
  #keepFresh(revision) {
    revision.hardened?.release();
    Object.assign(revision, { hardened: undefined, mayReuse: false });
  }

  /** @param {string} name @param {string} script @returns {Revision} */
  #revisionOf(name, script) {
    if (script.length > longestReused) return { script: '', runs: 0, mayReuse: false, hardened: undefined };
    let revision = this.#revisions.get(name);
    if (revision?.script !== script) {
      revision?.hardened?.release();
      revision = { script, runs: 0, mayReuse: !changesBuiltins(script), hardened: undefined };
    }
    revision.runs++;
    this.#revisions.delete(name);
    this.#revisions.set(name, revision);
    if (this.#revisions.size > revisionLimit) this.#forgetOldest();
    return revision;
  }

  #forgetOldest() {
    const [[name, revision]] = this.#revisions;
    revision.hardened?.release();
    this.#revisions.delete(name);
  }

  /** True: the run was in a hardened context, which can be used again. */
  #tidy(/** @type {boolean} */ wasShort) {
    if (!this.#taken) return false;
    const { context, revision, fresh } = this.#taken;
    this.#taken = undefined;
    if (context === revision.hardened) {
      if (context.clean(wasShort)) return true;
      revision.hardened = undefined;
      revision.runs = runsUntilHardened - runsAfterSpoiling;
    }
    context.release();
    if (!fresh && revision.mayReuse && revision.runs >= runsUntilHardened)
      revision.hardened ??= this.#hardened.create();
    return false;
  }

  #disposeFresh() {
    this.#fresh.dispose();
    this.#prepared = undefined;
  }

  #disposeHardened() {
    this.#hardened.dispose();
    for (const revision of this.#revisions.values()) Object.assign(revision, { hardened: undefined, runs: 0 });
  }
}

/**
 * @typedef {object} Revision
 * @property {string} script
 * @property {number} runs since it could have had a hardened context
 * @property {boolean} mayReuse
 * @property {import('./context.mjs').PreparedContext | undefined} hardened
 */
