import { Counter, Gauge, type Registry } from 'prom-client';

const kinds = ['request', 'answer', 'notice'] as const;

/** What a process's place on the bus tells of itself; `Bus.stats()` of packages/shared gives one. */
export interface BusReadings {
  connected: boolean;
  sent: Record<(typeof kinds)[number], { readonly batches: number; readonly items: number }>;
  pending: number;
  held: number;
}

/** Metrics of the bus, read when they are asked for: what is sent is not slowed by them. */
export function registerBus(registry: Registry, read: () => BusReadings): void {
  const registers = [registry];
  const counter = (name: string, help: string, of: 'batches' | 'items') =>
    new Counter({
      name: `rostrum_bus_${name}`,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        const { sent } = read();
        this.reset();
        for (const kind of kinds) this.inc({ kind }, sent[kind][of]);
      },
    });
  const gauge = (name: string, help: string, value: (readings: BusReadings) => number) =>
    new Gauge({
      name: `rostrum_bus_${name}`,
      help,
      registers,
      collect() {
        this.set(value(read()));
      },
    });
  counter('messages_sent_total', 'NATS messages sent, by kind: `request`, `answer`, `notice`.', 'batches');
  counter('items_sent_total', 'Requests, answers and notices sent; those of one turn share a message.', 'items');
  gauge('requests_pending', 'Requests of this process that have no answer yet.', ({ pending }) => pending);
  gauge('answers_held', 'Answers that wait for NATS, or for who asked, to be back.', ({ held }) => held);
  gauge('connected', '1 while connected to NATS.', ({ connected }) => Number(connected));
}
