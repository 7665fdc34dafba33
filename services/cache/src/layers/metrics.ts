import { Counter, Gauge, type Registry } from 'prom-client';
import type { HotStore } from './hot-store.ts';

/** What the layers in front of Redis count. */
export interface LayerMetrics {
  cutOff(): void;
  leftAlone(open: boolean): void;
  memoryHit(): void;
  /** Shows how much it holds. */
  watch(hot: HotStore): void;
}

export function createLayerMetrics(registry: Registry): LayerMetrics {
  const registers = [registry];
  const cutOffs = new Counter({
    name: 'rostrum_cache_redis_cut_off_total',
    help: 'Batches of asks that Redis did not answer in time.',
    registers,
  });
  const slow = new Gauge({
    name: 'rostrum_cache_redis_left_alone',
    help: 'How many servers of Redis are left alone because they answered too slowly. Asks for what is there are told to run.',
    registers,
  });
  const hits = new Counter({
    name: 'rostrum_cache_memory_hits_total',
    help: 'Asks that were answered from this process’s memory, without Redis.',
    registers,
  });
  let hot: HotStore | undefined;
  const held: Gauge = new Gauge({
    name: 'rostrum_cache_memory_bytes',
    help: 'Answers held in this process (bytes, about).',
    registers,
    collect: () => held.set(hot?.bytes ?? 0),
  });
  return {
    cutOff: () => cutOffs.inc(),
    leftAlone: (open) => (open ? slow.inc() : slow.dec()),
    memoryHit: () => hits.inc(),
    watch(store) {
      hot = store;
    },
  };
}
