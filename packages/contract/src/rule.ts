import { KeyTemplateError, parseKeyTemplate, toInputPath } from '@rostrum/shared/key-template';
import { isRequestValue, parseRateKey } from '@rostrum/shared/rate-key';
import { z } from 'zod';

/** Refuses a value with the sentence that `fault` gives for it. */
export function rule<T>(fault: (value: T) => string | undefined) {
  return (value: T, context: z.RefinementCtx) => {
    const message = fault(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

/** A key template as text; see shared/key-template.ts. */
export const keyTemplate = z.string().superRefine(rule((text) => faultOf(text, parseInputKey)));

/** A rate limit's key as text; see shared/rate-key.ts. */
export const rateKey = z.string().superRefine(rule((text) => faultOf(text, parseRateKey)));

/** What only rate limits know would be taken for a field that no input has: a cache without hits, a limit for all. */
function parseInputKey(text: string): void {
  parseKeyTemplate(text, (segments) => {
    if (!isRequestValue(segments)) return toInputPath(segments);
    const named = segments.join('.');
    throw new KeyTemplateError(
      `\${${named}} is known in rateLimit alone; for a field of the input write \${workflow.input.${named}}`,
    );
  });
}

function faultOf(text: string, parse: (text: string) => unknown): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof KeyTemplateError) return error.message;
    throw error;
  }
}
