import type { z } from 'zod';

/**
 * What a value has to be, as a sentence that begins behind its name ("has to be a whole number"): for zod's `error`,
 * where a schema has no sentence of its own. Undefined where there is nothing better to say than zod does.
 */
export function valueFault(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `has to be ${kindOf(issue.expected)}`;
    case 'too_small':
      if (issue.origin !== 'number' && issue.minimum === 1) return 'may not be empty';
      return `has to be ${String(issue.minimum)}${unitOf(issue)} or more`;
    case 'too_big':
      return `has to be ${String(issue.maximum)}${unitOf(issue)} or less`;
    case 'invalid_value':
      if (issue.input === undefined) return 'is required';
      return `has to be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    default:
      return undefined;
  }
}

const kinds: Record<string, string> = {
  array: 'an array',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
};

function kindOf(expected: string): string {
  return kinds[expected] ?? `a ${expected}`;
}

function unitOf({ origin }: { origin: string }): string {
  return origin === 'string' ? ' characters' : '';
}
