import { z } from 'zod';
import { optional, serverSet } from './common.ts';

const types = ['NONE', 'API_KEY', 'OIDC'] as const;
const type = optional(z.enum(types, `has to be one of ${types.join(', ')}`));

/** Longest API key (characters). */
const maxKeyLength = 512;

/** An auth config as clients send it; older ones say `authType` for `authenticationType`. */
export const authConfigSchema = z
  .strictObject({
    id: optional(z.string().regex(/^[^\s/\p{Cc}]{1,200}$/u, 'has to be 1 to 200 characters without spaces and /')),
    authenticationType: type,
    authType: type,
    apiKeys: optional(
      z.array(
        z
          .string()
          .max(maxKeyLength, `is longer than ${maxKeyLength} characters`)
          .regex(/^[\x21-\x7e]+$/, 'a key travels in a header: printable ASCII without spaces, at least one character'),
      ),
    ),
    applicationId: optional(z.string()).transform((id) => id || undefined),
    issuerUri: optional(z.string()),
    audience: optional(z.string()),
    passthrough: optional(z.boolean()),
    fallbackToDefaultAuth: optional(z.boolean()),
    tokenInWorkflowInput: optional(z.boolean()),
    ...serverSet,
  })
  .superRefine(({ authenticationType, authType }, context) => {
    if (authenticationType !== undefined && authType !== undefined && authenticationType !== authType) {
      const message = `differs from authenticationType ${authenticationType}; send one of the two`;
      context.addIssue({ code: 'custom', path: ['authType'], message });
    }
  });
export type AuthConfigInput = z.output<typeof authConfigSchema>;

export const tokenSchema = z.object({ keyId: z.string(), keySecret: z.string() });
