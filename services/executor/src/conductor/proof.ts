import { z } from 'zod';
import type { RedisClient } from '@rostrum/redis';

const known = z.object({ workflow: z.string(), correlationId: z.string() });

/** A workflow that was found by its correlation id: whoever finds it, too, knows that the server can look up. */
export type Known = z.infer<typeof known>;

/** Kept for the processes that come after, which have not seen this server find anything. Never rejects. */
export interface Proof {
  read(): Promise<Known | undefined>;
  write(known: Known): Promise<void>;
}

export function createProof({ redis }: RedisClient, namespace: string): Proof {
  const key = `${namespace}:correlated`;
  return {
    async read() {
      const text = await redis.get(key).catch(() => null);
      return text === null ? undefined : known.parse(JSON.parse(text));
    },
    async write(value) {
      await redis.set(key, JSON.stringify(value)).catch(() => {});
    },
  };
}
