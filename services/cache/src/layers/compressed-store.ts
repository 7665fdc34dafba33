import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import {
  type CacheStore,
  type Claim,
  type Claiming,
  type Entry,
  type Lookup,
  type NewEntry,
  type Settled,
  StoreError,
} from '../store.ts';
import { Layer } from './layer.ts';

/** As {@link Entry.coding} says it: the body as it came, and a zstd frame (RFC 8878). */
const PLAIN = 0;
const ZSTD = 1;
/** Larger ones go to another thread, which costs about 50 µs and keeps the event loop free. */
const SYNC_BYTES = 32_768;
/** The least: what more effort saves is little, and the run that waits for it is not. */
const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };

const compressInThread = promisify<Uint8Array, object, Buffer>(zstdCompress);
const decompressInThread = promisify<Uint8Array, object, Buffer>(zstdDecompress);

export interface CompressedStoreOptions {
  /** Bodies of so many bytes and more are compressed, where it makes them smaller. */
  fromBytes: number;
  /** What a body may have once it is expanded; more is not read. */
  maxValueBytes: number;
  /** A stored body could not be expanded. It counts as none. */
  onFault(error: Error): void;
}

/** Stores large bodies as zstd frames. */
export class CompressedStore extends Layer {
  readonly #options: CompressedStoreOptions;

  constructor(inner: CacheStore, options: CompressedStoreOptions) {
    super(inner);
    this.#options = options;
  }

  override async lookup(keys: readonly string[]): Promise<Lookup> {
    const found = await this.inner.lookup(keys);
    await Promise.all(
      [...found.entries].map(async ([key, entry]) => {
        if (entry.coding === PLAIN) return;
        const expanded = await this.#expanded(entry);
        if (expanded) found.entries.set(key, expanded);
        else found.entries.delete(key);
      }),
    );
    return found;
  }

  override async claim(claims: readonly Claiming[], now: number): Promise<(Claim | StoreError)[]> {
    const answers = await this.inner.claim(claims, now);
    return Promise.all(
      answers.map(async (claim) => {
        if (claim instanceof StoreError || !claim.entry || claim.entry.coding === PLAIN) return claim;
        const entry = await this.#expanded(claim.entry);
        if (claim.verdict !== 'hit') return { ...claim, entry };
        return entry ? { ...claim, entry } : new StoreError('claim: the stored body cannot be expanded');
      }),
    );
  }

  override async settle(key: string, holder: string, entry: NewEntry | undefined): Promise<Settled> {
    return this.inner.settle(key, holder, entry && (await this.#compressed(entry)));
  }

  async #compressed(entry: NewEntry): Promise<NewEntry> {
    const { body } = entry;
    if (body.length < this.#options.fromBytes) return entry;
    const frame =
      body.length <= SYNC_BYTES ? zstdCompressSync(body, { params }) : await compressInThread(body, { params });
    return frame.length < body.length ? { ...entry, coding: ZSTD, body: frame } : entry;
  }

  async #expanded(entry: Entry): Promise<Entry | undefined> {
    const { body, coding } = entry;
    const bound = { maxOutputLength: this.#options.maxValueBytes };
    try {
      if (coding !== ZSTD) throw new Error(`the body is packed in a way (${coding}) that this release does not know`);
      const plain =
        body.length <= SYNC_BYTES / 4 ? zstdDecompressSync(body, bound) : await decompressInThread(body, bound);
      return { ...entry, coding: PLAIN, body: plain };
    } catch (error) {
      this.#options.onFault(error as Error);
      return undefined;
    }
  }
}
