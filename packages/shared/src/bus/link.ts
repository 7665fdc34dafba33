import { connect, type NatsConnection } from '@nats-io/transport-node';

/** The NATS connection, and whether it is up at this moment. */
export interface Link {
  readonly nc: NatsConnection;
  /** False from the loss of the connection until it is back: what is published then would be lost silently. */
  readonly connected: boolean;
  /** Milliseconds by `performance.now()` of the last reconnect; -Infinity if there was none. */
  readonly reconnectedAt: number;
  onReconnect(listener: () => void): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Comma-separated NATS URLs. */
  url: string;
  /** Name of the connection, shown by NATS's monitoring. */
  name: string;
  /** First part of the inboxes that the NATS client makes for itself. */
  inboxPrefix: string;
  /** Told when the connection is lost and when it is back. */
  onChange?(connected: boolean): void;
}

/**
 * Connects, waiting for a server that is not up yet; reconnects for ever, five times a second, so that service is back
 * well within 2 s of NATS's return. A server that stops answering pings is given up after 9 s, and an attempt to connect
 * that nobody answers, not even with a refusal, after 2 s: the network may be back by then.
 */
export async function openLink({ url, name, inboxPrefix, onChange }: LinkOptions): Promise<Link> {
  const parsed = url.split(',').map((each) => new URL(each.trim()));
  const [first] = parsed;
  const nc = await connect({
    servers: parsed.map(({ host }) => host),
    ...(first?.username ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) } : {}),
    ...(first?.protocol === 'tls:' ? { tls: {} } : {}),
    name,
    inboxPrefix,
    waitOnFirstConnect: true,
    timeout: 2_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 50,
    pingInterval: 3_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
  });
  const listeners: (() => void)[] = [];
  const state = { connected: true, reconnectedAt: Number.NEGATIVE_INFINITY };
  const watch = async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') {
        state.connected = false;
        onChange?.(false);
      } else if (status.type === 'reconnect') {
        state.connected = true;
        state.reconnectedAt = performance.now();
        onChange?.(true);
        for (const listener of listeners) listener();
      }
    }
  };
  void watch();
  return {
    nc,
    get connected() {
      return state.connected && !nc.isClosed();
    },
    get reconnectedAt() {
      return state.reconnectedAt;
    },
    onReconnect: (listener) => void listeners.push(listener),
    close: () => nc.close(),
  };
}
