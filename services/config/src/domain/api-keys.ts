import { type DigestKey, digestApiKey } from '@rostrum/shared/digest';
import { isMask, stars } from '@rostrum/contract/api-keys';
import type { ConfigFault } from '@rostrum/contract/fault';
import { pointerOf } from '@rostrum/contract/pointer';

/** How a stored key is shown: it tells the keys of a config apart and says nothing about the key itself. */
export function maskOf(digest: string): string {
  return `${stars}${digest.slice(digest.indexOf(':') + 1).slice(0, 8)}`;
}

export interface ResolvedKeys {
  digests: string[];
  /** What the answer to this write shows: new keys plainly, kept ones masked. */
  shown: string[];
  faults: ConfigFault[];
}

/** Digests of the keys of a write, in its order; a masked key is the stored one that it was made of. */
export function resolveKeys(given: readonly string[], stored: readonly string[], digestKey: DigestKey): ResolvedKeys {
  const resolved: ResolvedKeys = { digests: [], shown: [...given], faults: [] };
  for (const [index, key] of given.entries()) {
    if (!isMask(key)) {
      resolved.digests.push(digestApiKey(key, digestKey));
      continue;
    }
    const kept = stored.find((digest) => maskOf(digest) === key);
    if (kept !== undefined) resolved.digests.push(kept);
    else {
      const detail = `${key} is masked and not one of this auth config's keys; send the plain key`;
      resolved.faults.push({ pointer: pointerOf('apiKeys', index), detail });
    }
  }
  return resolved;
}
