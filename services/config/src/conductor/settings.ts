import { flag } from '@rostrum/service/settings';
import { z } from 'zod';

/** What config may know of Conductor; it needs nothing of it to serve. */
export const conductorSettings = {
  CONDUCTOR_SERVER_URL: z
    .string()
    .regex(/^https?:\/\//, 'use http://host:port/api')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('Base URL of Conductor’s API, `/api` included; the same as the executors’.'),
  CONDUCTOR_AUTH_KEY: z.string().optional().describe('Access key id for servers that want tokens (Orkes).'),
  CONDUCTOR_AUTH_SECRET: z.string().optional().describe('Secret of the access key.').meta({ secret: true }),
  CONDUCTOR_PROXY: flag()
    .default(false)
    .describe('Whether calls under `/api` that are not the gateway’s are passed on to Conductor, with its own token.'),
  CONDUCTOR_UI_URL: z
    .url({ protocol: /^https?$/, error: 'use http://host:port/execution/{workflowId}' })
    .refine((url) => url.includes('{workflowId}') || url.includes('%7BworkflowId%7D'), 'has to have {workflowId} in it')
    .optional()
    .describe('Where Conductor’s UI shows an execution, such as `http://host:8127/execution/{workflowId}`: for links.'),
};

type ConductorSettings = z.output<z.ZodObject<typeof conductorSettings>>;

export function checkConductorSettings(settings: ConductorSettings, context: z.RefinementCtx): void {
  const { CONDUCTOR_AUTH_KEY: key, CONDUCTOR_AUTH_SECRET: secret } = settings;
  const fault = (name: keyof ConductorSettings, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (Boolean(key) !== Boolean(secret)) {
    fault(key ? 'CONDUCTOR_AUTH_SECRET' : 'CONDUCTOR_AUTH_KEY', 'has to be set too: the access key is a pair');
  }
  if (settings.CONDUCTOR_PROXY && settings.CONDUCTOR_SERVER_URL === undefined)
    fault('CONDUCTOR_SERVER_URL', 'has to be set: CONDUCTOR_PROXY passes calls on to it');
}
