import { z } from 'zod';
import { optional, serverSet } from './common.ts';

/** The application's own id, which keys, permissions and auth configs name. */
const applicationId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
    'has to start with a letter or digit, followed by up to 99 of these, _ . -',
  )
  .refine((id) => id !== 'key', '"key" is a path of the admin API itself; choose another id');

/** How it speaks to a Conductor that wants tokens. Left out: as it is; `null`: not any more. */
const conductor = z
  .strictObject({
    keyId: z.string().min(1, 'is empty; name the access key that Conductor knows'),
    /** Written only. Left out: the one that is stored for this `keyId`. */
    keySecret: optional(z.string().min(1, 'is empty; leave it out to keep the one that is stored')),
  })
  .nullish();

/** An application as clients send it; roles, tags, access keys and permissions have paths of their own. */
export const applicationSchema = z.strictObject({
  id: optional(applicationId),
  name: z.string().trim().min(1, 'is empty; name the application').max(200, 'is longer than 200 characters'),
  conductor,
  ...serverSet,
});
export type ApplicationInput = z.output<typeof applicationSchema>;

/** The name of a role; those that the gateway does not know are kept and grant nothing. */
export const roleName = z.string().regex(/^[\w.:-]{1,100}$/, 'a role’s name has 1 to 100 letters, digits, _ . : -');

const accesses = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] as const;

/** A grant of access to something of Conductor's, and what takes it back. */
export const authorizationSchema = z.strictObject({
  subject: z.strictObject({
    type: z.literal('USER', 'has to be USER: only applications have permissions here'),
    id: z.string().regex(/^app:./, 'has to be app:<id of an application>'),
  }),
  target: z.strictObject({
    type: z.string().regex(/^[A-Z][A-Z0-9_]{0,49}$/, 'has to be in capitals, such as WORKFLOW_DEF'),
    id: z
      .string()
      .min(1, 'is empty; name the workflow')
      .max(500, 'is longer than 500 characters')
      .regex(/^[^*]*\*?$/, 'may have a * at its end only'),
  }),
  access: z
    .array(z.enum(accesses, `has to be one of ${accesses.join(', ')}`))
    .min(1, 'is empty; name what is granted, such as EXECUTE'),
});
export type Authorization = z.output<typeof authorizationSchema>;
