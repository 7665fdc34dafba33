/** What a wrapped script gives: its value, or what it threw and, where an engine would know it, in which line. */
export type WrappedOutcome = [ok: true, value: unknown] | [ok: false, message: string, line?: number];

/**
 * A script that runs another one and gives a {@link WrappedOutcome} as Conductor OSS 3.32.3 (GraalJS) would see it:
 * members that are undefined become null, NaN and Infinity text, a Map an object, and a Date, a function or a promise an
 * empty one; an `Error` that the script made itself has no line. `console` is not there.
 */
export function wrapScript(script: string): string {
  return `(${runAsOnGraal.toString()})(${JSON.stringify(`${script}\n//# sourceURL=inline`)})`;
}

/** Its source text runs inside the sandbox, so it may use nothing from outside itself. */
function runAsOnGraal(source: string): WrappedOutcome {
  const { entries, fromEntries } = Object;
  const { isArray } = Array;
  const { parseInt: toInteger } = Number;
  // oxlint-disable-next-line no-eval -- it runs in the sandbox, and only eval gives the value of the last statement
  const evaluate = globalThis.eval;
  const MapOfContext = Map;
  Reflect.deleteProperty(globalThis, 'console');

  const convert = (value: unknown): unknown => {
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return value - value === 0 ? value : `${value}`;
    if (typeof value === 'bigint') return +`${value}`;
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value !== 'object') return {};
    if (isArray(value)) return Array.from(value, convert);
    if (value instanceof MapOfContext)
      return fromEntries(Array.from(value, ([key, item]) => [`${key}`, convert(item)]));
    return fromEntries(entries(value).map(([name, member]) => [name, convert(member)]));
  };

  try {
    return [true, convert(evaluate(source))];
  } catch (thrown) {
    if (!(thrown instanceof Error)) {
      // What is no Error says nothing of its line; for most expressions the first is right.
      return [false, typeof thrown === 'object' && thrown !== null ? 'Error' : String(thrown), 1];
    }
    const { name, message, stack = '' } = thrown;
    const kind = name === 'Error' ? thrown.constructor.name : name;
    const text = message === '' ? kind : `${kind}: ${message}`;
    const line = /inline:(\d+)/.exec(stack)?.[1];
    return name === 'Error' || line === undefined ? [false, text] : [false, text, toInteger(line)];
  }
}
