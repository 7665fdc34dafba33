import { issuerFault } from '@rostrum/shared/issuer';
import { z } from 'zod';
import { optional, serverSet, warnings } from './common.ts';

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
    /** Of the tokens that OIDC asks for: their `iss`, byte for byte, and one of their `aud`. */
    issuerUri: optional(z.string()).transform((uri) => uri || undefined),
    audience: optional(z.string()).transform((audience) => audience || undefined),
    passthrough: optional(z.boolean()),
    fallbackToDefaultAuth: optional(z.boolean()),
    tokenInWorkflowInput: optional(z.boolean()),
    ...serverSet,
    warnings,
  })
  .superRefine(({ authenticationType, authType, issuerUri }, context) => {
    if (authenticationType !== undefined && authType !== undefined && authenticationType !== authType) {
      const message = `differs from authenticationType ${authenticationType}; send one of the two`;
      context.addIssue({ code: 'custom', path: ['authType'], message });
    }
    const given = authenticationType ?? authType ?? 'OIDC';
    const fault = given === 'OIDC' && issuerUri !== undefined ? issuerFault(issuerUri) : undefined;
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['issuerUri'], message: fault });
  });
export type AuthConfigInput = z.output<typeof authConfigSchema>;

export const tokenSchema = z.object({ keyId: z.string(), keySecret: z.string() });
