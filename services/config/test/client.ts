import { type Bus, joinBus } from '@rostrum/shared/bus';
import {
  type ChangedNotice,
  changedNotice,
  decodeJson,
  encodeJson,
  fetchPart,
  type Head,
  snapshotAnswer,
} from '@rostrum/shared/messages';
import { expect } from 'vitest';
import type { NatsStoreOptions } from '../src/storage/nats-store.ts';
import { type EdgeRevision, type ExecutionRevision, edgeRevision, executionRevision } from '@rostrum/shared/revision';

/** What an ingress or an executor does with the config service. */
export interface Client {
  bus: Bus;
  /** Everything announced so far. */
  notices: ChangedNotice[];
  /** All heads, page by page. */
  heads(): Promise<Map<string, Head>>;
  head(service: string): Promise<Head | undefined>;
  edge(service: string, revision: number): Promise<EdgeRevision | null>;
  execution(service: string, revision: number): Promise<ExecutionRevision | null>;
  close(): Promise<void>;
}

/** Options of a store of its own on the same buckets. */
export function storeOptions({ bus }: Client, namespace: string, name: string): NatsStoreOptions {
  return {
    nats: bus.nats,
    namespace,
    replicas: 1,
    inbox: `${namespace}.inbox.${name}`,
    onFault: (error) => expect.unreachable(String(error)),
    onReconnect: (listener) => bus.onReconnect(listener),
  };
}

export async function joinClient(url: string, namespace: string): Promise<Client> {
  const onFault = (error: unknown): void => {
    throw error;
  };
  const bus = await joinBus({ url, namespace, service: 'ingress', onFault });
  const { config, changed } = bus.subjects;
  const notices: ChangedNotice[] = [];
  bus.listen(changed, (data) => void notices.push(decodeJson(changedNotice, data)));
  const ask = (subject: string, body: unknown) => bus.request(subject, encodeJson(body), { timeoutMs: 5_000 });
  const part = async (subject: string, named: { service: string; revision: number }) =>
    (await fetchPart((payload) => bus.request(subject, payload, { timeoutMs: 5_000 }), named)) ?? null;
  const client: Client = {
    bus,
    notices,
    async heads() {
      const heads = new Map<string, Head>();
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: ReturnType<typeof snapshotAnswer.parse> = decodeJson(
          snapshotAnswer,
          await ask(config.snapshot, { after }),
        );
        for (const head of page.heads) heads.set(head.service, head);
        after = page.next;
      }
      return heads;
    },
    head: async (service) => (await client.heads()).get(service),
    edge: async (service, revision) =>
      edgeRevision
        .strict()
        .nullable()
        .parse(await part(config.edge, { service, revision })),
    execution: async (service, revision) =>
      executionRevision
        .strict()
        .nullable()
        .parse(await part(config.execution, { service, revision })),
    close: () => bus.close(),
  };
  return client;
}
