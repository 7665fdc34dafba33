import { z } from 'zod';
import type { RedisClient } from '@rostrum/redis';

/** What is remembered of an execution whose caller has left with its id. */
const record = z.object({ service: z.string(), revision: z.number(), route: z.string(), principal: z.string() });
export type ExecutionRecord = z.infer<typeof record>;

/** Execution records in Redis, each for `keepSeconds`. Methods reject when Redis is away. */
export interface ExecutionRecords {
  write(workflowId: string, execution: ExecutionRecord): Promise<void>;
  /** Undefined when there is none. */
  read(workflowId: string): Promise<ExecutionRecord | undefined>;
}

export function createExecutionRecords(
  { redis }: RedisClient,
  namespace: string,
  keepSeconds: number,
): ExecutionRecords {
  const key = (workflowId: string) => `${namespace}:execution:${workflowId}`;
  return {
    async write(workflowId, execution) {
      await redis.set(key(workflowId), JSON.stringify(execution), 'EX', keepSeconds);
    },
    async read(workflowId) {
      const text = await redis.get(key(workflowId));
      return text === null ? undefined : record.parse(JSON.parse(text));
    },
  };
}
