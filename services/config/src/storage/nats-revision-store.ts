import { encodeJson, type Head } from '@rostrum/shared/messages';
import { Bucket } from './bucket.ts';
import { fromChunks, toChunks } from './chunks.ts';
import type { NatsStoreOptions } from './nats-store.ts';
import { Conflict, type Part, type RevisionStore } from './store.ts';
import { Watch, type WatchEntry } from './watch.ts';

/** Compiled revisions in a JetStream bucket: `<service>.<revision>.<part>`, and `head.<service>` for the newest. */
export class NatsRevisionStore implements RevisionStore {
  readonly #bucket: Bucket;
  readonly #nats: NatsStoreOptions['nats'];
  readonly #watch: Watch;
  readonly #heads = new Map<string, Head>();
  readonly #listeners: ((head: Head) => void)[] = [];
  readonly #onReconnect: NatsStoreOptions['onReconnect'];
  #sequence = 0;

  constructor({ nats, namespace, replicas, inbox, onFault, onReconnect }: NatsStoreOptions) {
    this.#onReconnect = onReconnect;
    this.#nats = nats;
    this.#bucket = new Bucket(nats, { name: `${namespace}-revisions`, history: 1, replicas });
    this.#watch = new Watch({
      bucket: this.#bucket,
      pattern: 'head.*',
      inbox: `${inbox}.heads`,
      onEntry: (entry) => this.#see(entry),
      onLost: () => {
        this.#heads.clear();
        this.#sequence = 0;
      },
      onFault,
    });
  }

  get heads(): ReadonlyMap<string, Head> {
    return this.#heads;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get loaded(): boolean {
    return this.#watch.loaded;
  }

  async load(): Promise<void> {
    this.#watch.reopen();
    this.#onReconnect(() => this.#watch.reopen());
    await this.#watch.untilLoaded();
  }

  stop(): void {
    this.#watch.stop();
  }

  onHead(listener: (head: Head) => void): void {
    this.#listeners.push(listener);
  }

  async get(service: string, revision: number, part: Part): Promise<Uint8Array | undefined> {
    const read = async (key: string) => (await this.#bucket.get(key))?.value;
    const key = `${service}.${revision}.${part}`;
    const stored = await read(key);
    return stored && fromChunks(key, stored, read);
  }

  async put(service: string, revision: number, part: Part, value: Uint8Array): Promise<void> {
    for (const each of toChunks(`${service}.${revision}.${part}`, value, this.#chunkBytes())) {
      try {
        await this.#bucket.put(each.key, each.value, { lastSubjectSequence: 0 });
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  /** With room for the headers and the framing of a message. */
  #chunkBytes(): number {
    return Math.floor((this.#nats.info?.max_payload ?? 1_048_576) / 2);
  }

  async moveHead(head: Head): Promise<void> {
    const key = `head.${head.service}`;
    for (;;) {
      const stored = await this.#bucket.get(key);
      const current = stored?.value && parseHead(stored.value);
      if (current && current.revision >= head.revision) return;
      try {
        const expect = { lastSubjectSequence: stored?.sequence ?? 0 };
        const sequence = await this.#bucket.put(key, encodeJson(head), expect);
        return await this.#watch.until(sequence, `seeing the head of ${head.service} move`);
      } catch (error) {
        // Another replica moved it meanwhile: look again how far.
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  async list(): Promise<{ service: string; revision: number }[]> {
    // Chunks of a part that was never finished are listed, too: with the revision they go.
    const keys = await this.#bucket
      .keys('*.*.*.>')
      .then(async (more) => [...more, ...(await this.#bucket.keys('*.*.*'))]);
    const names = new Set(keys.map((key) => key.split('.', 2).join('.')));
    return [...names].map((name) => {
      const [service = '', revision] = name.split('.');
      return { service, revision: Number(revision) };
    });
  }

  async remove(service: string, revision: number): Promise<void> {
    await this.#bucket.erase(`${service}.${revision}.>`);
  }

  #see({ value, sequence }: WatchEntry): void {
    this.#sequence = sequence;
    if (!value) return;
    const head = parseHead(value);
    this.#heads.set(head.service, head);
    if (this.loaded) for (const listener of this.#listeners) listener(head);
  }
}

function parseHead(value: Uint8Array): Head {
  return JSON.parse(Buffer.from(value).toString()) as Head;
}
