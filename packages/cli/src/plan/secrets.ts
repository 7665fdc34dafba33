import type { Body, Wanted } from '../file/load.ts';
import type { Kind } from '../file/shape.ts';

/** Secrets that the files leave to the server, and that it does not have; one sentence each, with its place. */
export function unknownSecrets(kind: Exclude<Kind, 'schema'>, wanted: Wanted, there: Body | undefined): string[] {
  const { at, id, body, masked } = wanted;
  const lacks = (what: string) => {
    const why = masked.length > 0 ? `${masked.join(', ')}, and ` : '';
    return `${at}: ${why}the server has no ${what}: say what it is`;
  };
  if (kind === 'application') {
    const { keyId, keySecret } = (body['conductor'] ?? {}) as { keyId?: string; keySecret?: string };
    if (keyId === undefined || keySecret !== undefined || keyIdOf(there) === keyId) return [];
    return [lacks(`secret of the Conductor key ${keyId} for the application ${id}`)];
  }
  const stored = (there?.['apiKeys'] as string[] | undefined) ?? [];
  const given = (body['apiKeys'] as string[] | undefined) ?? [];
  const isLost = (key: string) => key.startsWith('********') && !stored.includes(key);
  return kind === 'authConfig' && given.some(isLost) ? [lacks(`such key of the auth config ${id}`)] : [];
}

function keyIdOf(application: Body | undefined): unknown {
  return (application?.['conductor'] as Body | undefined)?.['keyId'];
}
