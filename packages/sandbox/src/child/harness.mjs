/**
 * Runs inside a context, before anything of the user's. Its source text is compiled there (`contexts.mjs`), so it may
 * use nothing from outside itself. Whatever it calls after user code has begun it captured before: a script may replace
 * `JSON.stringify`, `String.prototype.slice` and all the rest, unless the context is hardened (`harden.mjs`).
 *
 * The host sees one string a run: a letter for the kind of outcome, the logs, the result (see `readOutcome`).
 *
 * @param {{ maxOutputLength: number, maxMessageLength: number, maxStackLength: number, maxLogLines: number,
 *   maxLogLength: number }} limits lengths in UTF-16 code units
 * @param {typeof import('./harden.mjs').harden} [harden] makes the context one that can be used again
 */
export function harness(limits, harden) {
  'use strict';
  const { parse, stringify } = JSON;
  const { apply, defineProperty } = Reflect;
  const { slice } = String.prototype;
  const ErrorOfContext = Error;
  const SyntaxErrorOfContext = SyntaxError;
  const toText = String;
  // oxlint-disable-next-line no-eval -- indirect, inside the isolate: it is what gives completion values
  const evaluate = globalThis.eval;

  // Timers, threads and callbacks that come after a run are absent, so that nothing of a run is left when it ends.
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'FinalizationRegistry', 'WeakRef', 'console']) {
    delete globalThis[name];
  }
  delete Atomics.wait;
  delete Atomics.waitAsync;

  const hardened = harden?.();

  /** State of the run; what a run leaves behind holds on to its own, and cannot reach the next one's. */
  let current;
  const begin = () => {
    const run = { logs: '', logLines: 0, settled: undefined };
    const log = (...values) => {
      if (run.logLines >= limits.maxLogLines) return;
      let line = '';
      for (let index = 0; index < values.length && line.length < limits.maxLogLength; index++) {
        line += (index > 0 ? ' ' : '') + show(values[index]);
      }
      run.logs += (run.logLines++ > 0 ? ',' : '') + stringify(cut(line, limits.maxLogLength));
    };
    const console = { log, info: log, warn: log, error: log, debug: log };
    defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true });
    current = run;
    return run;
  };

  const cut = (text, length) => (text.length > length ? apply(slice, text, [0, length]) : text);

  const show = (value) => {
    if (typeof value === 'string') return value;
    try {
      const text = typeof value === 'object' || typeof value === 'function' ? stringify(value) : toText(value);
      return typeof text === 'string' ? text : typeof value;
    } catch {
      return typeof value;
    }
  };

  const read = (value, name) => {
    try {
      const member = value[name];
      return typeof member === 'string' ? member : undefined;
    } catch {
      return undefined;
    }
  };

  /** What was thrown, as text; a thrown value may be anything, and each look at it may throw again. */
  const describe = (thrown) => {
    if (typeof thrown === 'string' && thrown !== '') return { message: thrown, stack: '', syntax: false };
    if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
      return { message: `the script threw ${thrown === '' ? '""' : show(thrown)}`, stack: '', syntax: false };
    }
    const message = read(thrown, 'message');
    const name = read(thrown, 'name');
    let syntax = false;
    try {
      syntax = thrown instanceof SyntaxErrorOfContext;
    } catch {}
    return { message: headline(thrown, name, message), stack: read(thrown, 'stack') ?? '', syntax };
  };

  const headline = (thrown, name, message) => {
    if (message === undefined) return `the script threw ${show(thrown)}`;
    if (message === '') return name ?? 'Error';
    if (name === undefined || name === '' || name === 'Error') return message;
    return `${cut(name, 100)}: ${cut(message, limits.maxMessageLength)}`;
  };

  const outcome = (kind, body) => {
    const collected = `[${current.logs}]`;
    return `${kind}${collected.length}:${collected}${body}`;
  };

  const failed = (thrown) => {
    const { message, stack, syntax } = describe(thrown);
    const shown = stringify(cut(message, limits.maxMessageLength));
    return outcome(syntax ? 's' : 'f', `[${shown},${stringify(cut(stack, limits.maxStackLength))}]`);
  };

  const done = (value) => {
    if (value === undefined) return outcome('o', 'null');
    const json = stringify(value);
    if (typeof json !== 'string') {
      return failed(new ErrorOfContext(`the result is a ${typeof value}, which JSON cannot hold`));
    }
    return json.length > limits.maxOutputLength ? outcome('l', '') : outcome('o', json);
  };

  const wait = async (run, promise) => {
    try {
      run.settled = done(await promise);
    } catch (thrown) {
      run.settled = failed(thrown);
    }
  };

  return {
    /**
     * Runs the script on its input. Undefined: it returned a promise, ask `collect` after the microtasks. `seed` is
     * used by a hardened context alone.
     */
    run(script, input, ...seed) {
      hardened?.seed(...seed);
      const run = begin();
      try {
        defineProperty(globalThis, '$', { value: parse(input), writable: true, enumerable: true, configurable: true });
        const value = evaluate(script);
        const isObject = value !== null && (typeof value === 'object' || typeof value === 'function');
        if (!isObject || typeof value.then !== 'function') return done(value);
        void wait(run, value);
        return undefined;
      } catch (thrown) {
        return failed(thrown);
      }
    },
    /** The outcome of what `run` returned a promise for; undefined when that has not settled, so never will. */
    collect: () => current.settled,
    /** After a run: true when the context may be used again. */
    clean() {
      current = undefined;
      return hardened !== undefined && hardened.clean();
    },
  };
}
