import { randomBytes } from 'node:crypto';

/** What stands for a key that is not shown, and begins the mask of one that can be told from others. */
export const stars = '********';

/** Whether this is a key as the admin API shows it, and not the key itself. */
export function isMask(key: string): boolean {
  return key.startsWith(stars);
}

/** A key nobody can guess, safe in a header and in a shell. */
export function generateApiKey(): string {
  return `rk_${randomBytes(24).toString('base64url')}`;
}
