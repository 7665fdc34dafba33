import { RE2JS } from 're2js';

/** A pattern that would need backtracking; the message is fit for the schema's author. */
export class PatternFault extends Error {
  override name = 'PatternFault';
}

/** What ajv makes of `pattern` and of the names in `patternProperties`. */
export interface Pattern {
  test(text: string): boolean;
  /** Ajv tells patterns apart by it. */
  toString(): string;
}

/**
 * Patterns as RE2 reads them: in time linear in the text, whatever they say. What RE2 cannot do goes to `other`, which
 * may throw.
 */
export function patternEngine(other: (pattern: string, flags: string, fault: PatternFault) => Pattern) {
  const engine = (pattern: string, flags: string): Pattern => {
    try {
      // ECMAScript's notation (ECMA-262) differs from RE2's here and there.
      const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
      return { test: (text) => compiled.test(text), toString: () => pattern };
    } catch (error) {
      return other(pattern, flags, faultOf(pattern, error as Error));
    }
  };
  // For code that is written to files, which ours never is.
  return Object.assign(engine, { code: '' });
}

function faultOf(pattern: string, { message }: Error): PatternFault {
  const why = message.replace(/^error parsing regexp: /, '');
  const advice = 'patterns are RE2’s here, without lookaround, backreferences and more than 1000 repeats';
  return new PatternFault(`the pattern ${JSON.stringify(pattern.slice(0, 100))} is not taken (${why}); ${advice}`);
}
