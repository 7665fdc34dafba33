import { KeyTemplateError, parseKeyTemplate } from '@rostrum/shared/key-template';
import { z } from 'zod';

/** Refuses a value with the sentence that `fault` gives for it. */
export function rule<T>(fault: (value: T) => string | undefined) {
  return (value: T, context: z.RefinementCtx) => {
    const message = fault(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

/** A key template as text; see shared/key-template.ts. */
export const keyTemplate = z.string().superRefine(
  rule((text) => {
    try {
      parseKeyTemplate(text);
      return undefined;
    } catch (error) {
      if (error instanceof KeyTemplateError) return error.message;
      throw error;
    }
  }),
);
