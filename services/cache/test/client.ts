import { createLogger } from '@rostrum/service/logger';
import type { RunningService } from '@rostrum/service/process';
import { type Bus, joinBus } from '@rostrum/shared/bus';
import {
  type CacheAnswer,
  type CacheAsk,
  type CacheFill,
  cacheAnswer,
  cacheAsk,
  cacheFill,
  type FilledNotice,
  filledNotice,
  fillAnswer,
} from '@rostrum/shared/messages';
import { startCache } from '../src/app.ts';
import { settingsSchema } from '../src/config.ts';

/** An asker on the bus, as ingresses and executors are. */
export interface Client {
  readonly bus: Bus;
  /** What was announced so far. */
  readonly notices: FilledNotice[];
  ask(key: string, holder: string, more?: Partial<CacheAsk>): Promise<CacheAnswer & { text: string }>;
  fill(key: string, holder: string, more?: Partial<CacheFill>): Promise<'taken' | 'stale'>;
}

/** For tests that leave nothing running: `await using`. */
export async function joinClient(url: string, namespace: string): Promise<Client & AsyncDisposable> {
  const notices: FilledNotice[] = [];
  const log = createLogger('client', 'error');
  const onFault = (error: unknown) => log.error(error);
  const bus = await joinBus({ url, namespace, service: 'ingress', onFault });
  bus.listen(bus.subjects.filled, (payload) => notices.push(filledNotice.decode(payload)));
  // Without this the first notice could be sent before the server knows of the listener.
  await bus.nats.flush();
  return {
    bus,
    notices,
    async ask(key, holder, more = {}) {
      const payload = cacheAsk.encode({ key, holder, lockMs: 30_000, ...more });
      const answer = cacheAnswer.decode(await bus.request(bus.subjects.cache, payload, { timeoutMs: 5_000 }));
      return { ...answer, text: Buffer.from(answer.body).toString() };
    },
    async fill(key, holder, more = {}) {
      const payload = cacheFill.encode({ ...stored(key, holder, ''), ...more });
      return fillAnswer.decode(await bus.request(bus.subjects.fill, payload, { timeoutMs: 5_000 })).result;
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
}

/** A fill that stores this text for a minute. */
export function stored(key: string, holder: string, text: string): CacheFill {
  const body = Buffer.from(text);
  return cacheFill.complete({ key, holder, result: 'stored', ttlSeconds: 60, body, problem: new Uint8Array(0) });
}

/** A replica in this process; it holds nothing in memory unless told to, so that tests may change what is in Redis. */
export async function startReplica(env: Record<string, string>): Promise<RunningService & AsyncDisposable> {
  const service = await startCache(
    settingsSchema.parse({ CACHE_MEMORY_BYTES: '0', ...env }),
    createLogger('cache', 'silent'),
  );
  return { ...service, [Symbol.asyncDispose]: () => service.drain() };
}
