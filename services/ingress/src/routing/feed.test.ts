import { createLogger } from '@rostrum/service/logger';
import { type ChangedNotice, encodeJson, type Head } from '@rostrum/shared/messages';
import { waitFor } from '@rostrum/testkit';
import { describe, expect, it } from 'vitest';
import { type ConfigSource, RoutingFeed } from './feed.ts';
import { RoutingTable } from './table.ts';

const log = createLogger('test', 'silent');

/** Configuration held in memory: what a config service would answer. */
function fakeConfig() {
  const heads = new Map<string, Head>();
  let tell = (_notice: ChangedNotice) => {};
  const state = { away: false, sequence: 0, fetched: [] as string[], odd: '' };
  const source: ConfigSource = {
    async snapshot(after) {
      if (state.away) throw new Error('away');
      const names = [...heads.keys()].filter((name) => name > after).sort();
      const page = names.slice(0, 2).map((name) => heads.get(name) as Head);
      const next = names.length > 2 ? { next: names[1] as string } : {};
      return { sequence: state.sequence, heads: page, ...next };
    },
    async edge(service, revision) {
      if (state.odd === service) return encodeJson({ format: 99 });
      state.fetched.push(`${service}@${revision}`);
      if (state.away) throw new Error('away');
      return encodeJson({
        format: 1,
        service,
        revision,
        basePath: `/${service}`,
        enabled: true,
        auth: { type: 'NONE' },
        routes: [],
      });
    },
    onChanged: (listener) => (tell = listener),
  };
  return {
    source,
    state,
    put(service: string, revision: number, how: { deleted?: boolean; silent?: boolean } = {}) {
      const head = { service, revision, ...(how.deleted ? { deleted: true } : {}) };
      heads.set(service, head);
      state.sequence += 1;
      if (!how.silent) tell({ sequence: state.sequence, heads: [head] });
    },
    beat: () => tell({ sequence: state.sequence, heads: [] }),
    tell: (notice: ChangedNotice) => tell(notice),
  };
}

describe('the routing feed', () => {
  it('is ready after a whole snapshot, pages and all, and not before', async () => {
    const config = fakeConfig();
    for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries()) config.put(name, i + 1, { silent: true });
    config.state.away = true;
    const table = new RoutingTable();
    const feed = new RoutingFeed(table, config.source, log);
    feed.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(feed.ready).toBe(false);
    config.state.away = false;
    config.beat();
    await feed.untilReady();
    expect(table.size).toBe(5);
  });

  it('follows change events, deletions too, and never goes back to an older revision', async () => {
    const config = fakeConfig();
    const table = new RoutingTable();
    const feed = new RoutingFeed(table, config.source, log);
    feed.start();
    await feed.untilReady();
    config.put('a', 5);
    await waitFor(() => table.service('a')?.edge.revision === 5);
    config.tell({ sequence: 9, heads: [{ service: 'a', revision: 4 }] });
    config.put('a', 6, { deleted: true });
    await waitFor(() => table.service('a') === undefined);
    expect(config.state.fetched).toEqual(['a@5']);
  });

  it('catches up by the beat when an event was lost, fetching only what is new', async () => {
    const config = fakeConfig();
    config.put('a', 1, { silent: true });
    const table = new RoutingTable();
    const feed = new RoutingFeed(table, config.source, log);
    feed.start();
    await feed.untilReady();
    config.put('b', 2, { silent: true });
    config.beat();
    await waitFor(() => table.service('b'));
    expect(config.state.fetched).toEqual(['a@1', 'b@2']);
  });

  it('keeps what it has of a service whose new revision it cannot use, and follows the others', async () => {
    const config = fakeConfig();
    config.put('a', 1, { silent: true });
    const table = new RoutingTable();
    const feed = new RoutingFeed(table, config.source, log);
    feed.start();
    await feed.untilReady();
    config.state.odd = 'a';
    config.put('a', 2);
    config.put('b', 3);
    await waitFor(() => table.service('b'));
    expect(table.service('a')?.edge.revision).toBe(1);
    const restarted = new RoutingFeed(new RoutingTable(), config.source, log);
    restarted.start();
    await restarted.untilReady();
  });
});
