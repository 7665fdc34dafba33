import type { NatsConnection } from '@nats-io/transport-node';

export interface NatsStoreOptions {
  nats: NatsConnection;
  /** First part of the buckets' names. */
  namespace: string;
  /** Copies of each bucket, when it is made. */
  replicas: number;
  /** How many values of each key of the configuration are kept, when its bucket is made: 1 to 64, which is the default. */
  history?: number;
  /** Prefix of the NATS inboxes this process may use. */
  inbox: string;
  onFault(error: unknown): void;
  /** Told when the connection is back: the server may have forgotten what was followed. */
  onReconnect(listener: () => void): void;
}
