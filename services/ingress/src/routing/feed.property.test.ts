import { createLogger } from '@rostrum/service/logger';
import { type ChangedNotice, encodeJson, type Head } from '@rostrum/shared/messages';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigSource, RoutingFeed } from './feed.ts';
import { RoutingTable } from './table.ts';

/** What happens to the configuration, to the events about it, and to whoever serves it. */
type Step =
  | { kind: 'change'; service: number; deleted: boolean }
  /** A replica sees all that is stored, and announces what is new to it. */
  | { kind: 'announce'; replica: number }
  | { kind: 'beat'; replica: number }
  /** An event that was announced arrives: some never do, some twice, in any order. */
  | { kind: 'deliver'; event: number; keep: boolean }
  | { kind: 'away'; away: boolean };

const replica = fc.nat({ max: 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('change'), service: fc.nat({ max: 4 }), deleted: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('announce'), replica }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beat'), replica }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('deliver'), event: fc.nat({ max: 9 }), keep: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away'), away: fc.boolean() }) },
);

/** The stored heads in the order they moved, and replicas that have seen some first part of them. */
class Model implements ConfigSource {
  readonly moves: Head[] = [];
  readonly seen = [0, 0];
  readonly events: ChangedNotice[] = [];
  away = false;
  fetches = 0;
  snapshots = 0;
  #tell = (_notice: ChangedNotice) => {};
  #asked = 0;

  onChanged(listener: (notice: ChangedNotice) => void): void {
    this.#tell = listener;
  }

  /** Replicas take turns, page by page. */
  async snapshot(after: string) {
    if (this.away) throw new Error('away');
    this.snapshots += 1;
    const sequence = this.seen[this.#asked++ % 2] as number;
    const heads = [...this.heads(sequence).values()]
      .filter((head) => head.service > after)
      .sort((a, b) => (a.service < b.service ? -1 : 1));
    const page = heads.slice(0, 2);
    return { sequence, heads: page, ...(heads.length > 2 ? { next: page[1]?.service as string } : {}) };
  }

  async edge(service: string, revision: number) {
    if (this.away) throw new Error('away');
    this.fetches += 1;
    return encodeJson({
      ...{ format: 1, service, revision, basePath: `/${service}`, enabled: true, auth: { type: 'NONE' }, routes: [] },
    });
  }

  heads(sequence: number): Map<string, Head> {
    return new Map(this.moves.slice(0, sequence).map((head) => [head.service, head]));
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'change': {
        const head = { service: `s${step.service}`, revision: this.moves.length + 1 };
        this.moves.push(step.deleted ? { ...head, deleted: true } : head);
        return;
      }
      case 'announce': {
        const after = this.seen[step.replica] as number;
        this.seen[step.replica] = this.moves.length;
        const heads = this.moves.slice(after);
        if (heads.length > 0) this.events.push({ sequence: this.moves.length, heads, after });
        return;
      }
      case 'beat':
        return this.beat(step.replica);
      case 'deliver': {
        const event = this.events[step.event % this.events.length];
        if (!step.keep && event) this.events.splice(this.events.indexOf(event), 1);
        if (event) this.#tell(event);
        return;
      }
      case 'away':
        this.away = step.away;
    }
  }

  beat(from: number): void {
    this.#tell({ sequence: this.seen[from] as number, heads: [] });
  }
}

/** All that was promised so far has happened: nothing here waits for a clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function revisions(table: RoutingTable): Record<string, number> {
  const names = ['s0', 's1', 's2', 's3', 's4'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const service = table.service(name);
      return service ? [[name, service.edge.revision]] : [];
    }),
  );
}

function start(model: Model) {
  const table = new RoutingTable();
  const feed = new RoutingFeed(table, model, createLogger('test', 'silent'));
  feed.start();
  return table;
}

describe('the routing table', () => {
  it('is config’s in the end, whatever events were lost, repeated or out of order, and never goes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.array(fc.boolean()), async (steps, pauses) => {
        const model = new Model();
        const table = start(model);
        const highest: Record<string, number> = {};
        for (const [index, each] of steps.entries()) {
          model.take(each);
          if (pauses[index] ?? true) await settle();
          for (const [name, revision] of Object.entries(revisions(table))) {
            expect(revision, name).toBeGreaterThanOrEqual(highest[name] ?? 0);
            highest[name] = revision;
          }
        }
        model.away = false;
        // The last event arrives: it must not hide that others before it were lost.
        model.take({ kind: 'change', service: 0, deleted: false });
        model.take({ kind: 'announce', replica: 0 });
        model.take({ kind: 'deliver', event: model.events.length - 1, keep: true });
        await settle();
        model.seen.fill(model.moves.length);
        model.beat(0);
        await settle();
        const wanted = [...model.heads(model.moves.length).values()].filter(({ deleted }) => !deleted);
        expect(revisions(table)).toEqual(
          Object.fromEntries(wanted.map(({ service, revision }) => [service, revision])),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is brought up to date by the events alone while none is lost', async () => {
    const model = new Model();
    const table = start(model);
    await settle();
    for (let n = 0; n < 20; n++) {
      model.take({ kind: 'change', service: n % 5, deleted: false });
      for (const each of [0, 1]) model.take({ kind: 'announce', replica: each });
      for (const event of [0, 1]) model.take({ kind: 'deliver', event, keep: true });
      model.events.length = 0;
      for (const each of [0, 1]) model.beat(each);
      await settle();
    }
    expect(Object.values(revisions(table)).sort((a, b) => a - b)).toEqual([16, 17, 18, 19, 20]);
    expect([model.snapshots, model.fetches]).toEqual([1, 20]);
  });
});
