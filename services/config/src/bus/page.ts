import type { Head } from '@rostrum/shared/messages';

/** As many of the first heads as fit into so many bytes of JSON, one at least. */
export function pageOf(heads: readonly Head[], bytes: number): Head[] {
  let used = 0;
  let count = 0;
  for (const head of heads) {
    used += Buffer.byteLength(JSON.stringify(head)) + 1;
    if (used > bytes && count > 0) break;
    count += 1;
  }
  return heads.slice(0, count);
}
