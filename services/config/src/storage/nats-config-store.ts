import { encodeJson } from '@rostrum/shared/messages';
import {
  type Change,
  type ConfigState,
  effectiveOf,
  emptyState,
  type Route,
  type Service,
  takeChange,
  valuesOf,
} from '../domain/records.ts';
import { Bucket } from './bucket.ts';
import { encodeId, keyOf, parseKey } from './keys.ts';
import { NamedRoutes } from './named-routes.ts';
import type { NatsStoreOptions } from './nats-store.ts';
import { fromEntry, routeDigest, type ServiceEntry, toEntry } from './service-entry.ts';
import type { ConfigStore, ServiceVersion, Sizes } from './store.ts';
import { Watch, type WatchEntry } from './watch.ts';

const parallel = 64;

/** Configuration in two JetStream buckets: one that every commit is ordered by, and one for routes, by digest. */
export class NatsConfigStore implements ConfigStore {
  readonly #bucket: Bucket;
  readonly #routes: Bucket;
  readonly #named: NamedRoutes;
  readonly #watch: Watch;
  readonly #options: NatsStoreOptions;
  readonly #listeners: (() => void)[] = [];
  #state: ConfigState = emptyState();
  /** Routes that are about to be named by a service: all of them at the start, then those of our own commits. */
  readonly #ahead = new Map<string, Route>();

  constructor(options: NatsStoreOptions) {
    const { nats, namespace, replicas, inbox, onFault, history = 64 } = options;
    this.#options = options;
    this.#bucket = new Bucket(nats, { name: `${namespace}-config`, history, replicas });
    this.#named = new NamedRoutes(this.#bucket);
    this.#routes = new Bucket(nats, { name: `${namespace}-routes`, history: 1, replicas });
    this.#watch = new Watch({
      bucket: this.#bucket,
      pattern: '>',
      inbox: `${inbox}.config`,
      onEntry: (entry) => this.#see(entry),
      onLost: () => {
        onFault(new Error('the config bucket was made anew; all configuration that was in it is gone'));
        this.#state = emptyState();
      },
      onFault,
    });
  }

  get state(): ConfigState {
    return this.#state;
  }

  get loaded(): boolean {
    return this.#watch.loaded;
  }

  /** Loads everything; afterwards follows the bucket. */
  async load(): Promise<void> {
    const { inbox, onFault } = this.#options;
    const routes = new Watch({
      bucket: this.#routes,
      pattern: '>',
      inbox: `${inbox}.routes`,
      onEntry: ({ key, value }) => void (value && this.#ahead.set(key, parse(value) as Route)),
      onLost: () => this.#ahead.clear(),
      onFault,
    });
    routes.reopen();
    await routes.untilLoaded();
    routes.stop();
    this.#watch.reopen();
    this.#options.onReconnect(() => this.#watch.reopen());
    await this.#watch.untilLoaded();
    this.#state.sequence = this.#watch.seen;
    this.#ahead.clear();
  }

  stop(): void {
    this.#watch.stop();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async commit(change: Change, expected: number, by: string): Promise<number> {
    const routes = change.kind === 'service' ? this.#newRoutes(change.id, change.value) : [];
    for (const route of routes) this.#ahead.set(routeDigest(route), route);
    try {
      for (let at = 0; at < routes.length; at += parallel) {
        const some = routes.slice(at, at + parallel);
        await Promise.all(some.map((route) => this.#routes.put(routeDigest(route), encodeJson(route))));
      }
      const sequence = await this.#bucket.put(keyOf(change), encodeChange(change), {
        lastSequence: expected,
        by,
        ...(change.kind === 'application' ? { effective: effectiveOf(this.#state, change, expected + 1) } : {}),
        // Of the keyring nothing old may stay: what it held is what a rotation takes out of use.
        ...(change.kind === 'keyring' ? { alone: true } : {}),
      });
      await this.#watch.until(sequence, `reading back what was stored at ${sequence}`);
      return sequence;
    } finally {
      for (const route of routes) this.#ahead.delete(routeDigest(route));
    }
  }

  sizes(change: Change): Sizes {
    const entry = { what: 'the object', bytes: encodeChange(change)?.length ?? 0 };
    if (change.kind !== 'service') return [entry];
    const routes = this.#newRoutes(change.id, change.value);
    return [
      entry,
      ...routes.map((route) => ({
        what: `the route ${route.httpMethod} ${route.path}`,
        bytes: encodeJson(route).length,
      })),
    ];
  }

  async catchUp(): Promise<void> {
    const last = await this.#bucket.lastSequence();
    await this.#watch.until(last, `catching up with ${last}`);
    // The last of the bucket may have been removed by hand: it is nobody's entry, and counts all the same.
    this.#state.sequence = Math.max(this.#state.sequence, last);
  }

  async serviceHistory(id: string): Promise<ServiceVersion[]> {
    const versions = await this.#bucket.history(`service.${encodeId(id)}`);
    return versions.map(({ sequence, time, by, value }) => ({
      revision: sequence,
      time,
      author: by,
      entry: value && (parse(value) as ServiceEntry),
    }));
  }

  async unusedRoutes(): Promise<Map<string, number>> {
    const stored = await this.#routes.keys('*');
    const used = new Set(valuesOf(this.#state.services).flatMap(({ routes }) => routes.map(routeDigest)));
    const unused = new Map<string, number>();
    const candidates = stored.filter((each) => !used.has(each));
    const kept = await this.#named.among(candidates);
    for (const digest of candidates.filter((each) => !kept.has(each))) {
      const route = await this.#routes.get(digest);
      if (route) unused.set(digest, route.sequence);
    }
    return unused;
  }

  removeRoute(sequence: number): Promise<void> {
    return this.#routes.eraseSequence(sequence);
  }

  /** Those that the stored service does not name: only these are certain to be kept. */
  #newRoutes(id: string, service: Service | undefined): Route[] {
    const stored = new Set(this.#state.services.get(id)?.value?.routes.map(routeDigest));
    return (service?.routes ?? []).filter((route) => !stored.has(routeDigest(route)));
  }

  async #see({ key, value, sequence, effective }: WatchEntry): Promise<void> {
    const named = parseKey(key);
    const stored: unknown = value && parse(value);
    const read =
      named?.kind === 'service' && stored ? await this.#readService(named.id, stored as ServiceEntry) : stored;
    // Reading takes time: after a reconnect the watch that took our place may have been faster.
    if (sequence <= this.#state.sequence) return;
    if (named) takeChange(this.#state, named, read, sequence, effective);
    else this.#state.sequence = sequence;
    if (this.loaded) for (const listener of this.#listeners) listener();
  }

  #readService(id: string, entry: ServiceEntry): Promise<Service> {
    const before = new Map(this.#state.services.get(id)?.value?.routes.map((route) => [routeDigest(route), route]));
    return fromEntry(entry, async (digest) => {
      const route = before.get(digest) ?? this.#ahead.get(digest) ?? (await this.route(digest));
      if (!route) throw new Error(`the route ${digest} is named by a service and is not in the bucket`);
      return route;
    });
  }

  async route(digest: string): Promise<Route | undefined> {
    const stored = await this.#routes.get(digest);
    return stored?.value && (parse(stored.value) as Route);
  }
}

function encodeChange({ kind, value }: Change): Uint8Array | undefined {
  if (value === undefined) return undefined;
  return encodeJson(kind === 'service' ? toEntry(value) : value);
}

/** Only this service writes there: what comes back is what was put. */
function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString());
}
