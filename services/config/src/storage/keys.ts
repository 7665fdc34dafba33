import { type Change, isCollection, isSingle } from '../domain/records.ts';

/** Keys of the buckets. An id may have characters that a key may not (and `.` parts a key): they become `=XX`. */
export function encodeId(id: string): string {
  return Buffer.from(id)
    .toString('latin1')
    .replaceAll(/[^A-Za-z0-9_-]/g, (char) => `=${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export function decodeId(encoded: string): string {
  const bytes = encoded.replaceAll(/=([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

export function keyOf(change: Pick<Change, 'kind'> & { id?: string }): string {
  return change.id === undefined ? change.kind : `${change.kind}.${encodeId(change.id)}`;
}

/** Undefined for keys of a later version. */
export function parseKey(key: string): { kind: Change['kind']; id: string } | undefined {
  const [kind, encoded, ...rest] = key.split('.');
  if (kind === undefined || rest.length > 0) return undefined;
  if (encoded === undefined) return isSingle(kind) ? { kind, id: '' } : undefined;
  return isCollection(kind) ? { kind, id: decodeId(encoded) } : undefined;
}
