import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import type { CacheAsk, CacheFill } from '@rostrum/shared/messages';
import { type CacheStore, type Claim, type FreshValue, type Lookup, type Settled, StoreError } from '../store.ts';
import { Layer } from './layer.ts';

/** The first bytes of a zstd frame (RFC 8878, section 3.1.1). */
const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
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

/**
 * Stores large bodies as zstd frames. A stored body that begins as such a frame is one: a body that begins so by itself
 * is always put into another.
 */
export class CompressedStore extends Layer {
  readonly #options: CompressedStoreOptions;

  constructor(inner: CacheStore, options: CompressedStoreOptions) {
    super(inner);
    this.#options = options;
  }

  override async lookup(keys: readonly string[]): Promise<Lookup> {
    const found = await this.inner.lookup(keys);
    await Promise.all(
      [...found.values].map(async ([key, value]) => {
        if (!isFrame(value.body)) return;
        const expanded = await this.#expanded(value);
        if (expanded) found.values.set(key, expanded);
        else found.values.delete(key);
      }),
    );
    return found;
  }

  override async claim(asks: readonly CacheAsk[], now: number): Promise<(Claim | StoreError)[]> {
    const claims = await this.inner.claim(asks, now);
    return Promise.all(
      claims.map(async (claim) => {
        if (claim instanceof StoreError || claim.verdict !== 'hit') return claim;
        const value = await this.#expanded(claim.value);
        return value ? { verdict: 'hit', value } : new StoreError('claim: the stored body cannot be expanded');
      }),
    );
  }

  override async settle(fill: CacheFill, store: boolean): Promise<Settled> {
    if (!store) return this.inner.settle(fill, store);
    return this.inner.settle({ ...fill, body: await this.#compressed(fill.body) }, store);
  }

  async #compressed(body: Uint8Array): Promise<Uint8Array> {
    const ambiguous = isFrame(body);
    if (body.length < this.#options.fromBytes && !ambiguous) return body;
    const frame =
      body.length <= SYNC_BYTES ? zstdCompressSync(body, { params }) : await compressInThread(body, { params });
    return frame.length < body.length || ambiguous ? frame : body;
  }

  async #expanded(value: FreshValue): Promise<FreshValue | undefined> {
    const { body } = value;
    if (!isFrame(body)) return value;
    const bound = { maxOutputLength: this.#options.maxValueBytes };
    try {
      const plain =
        body.length <= SYNC_BYTES / 4 ? zstdDecompressSync(body, bound) : await decompressInThread(body, bound);
      return { ...value, body: plain };
    } catch (error) {
      this.#options.onFault(error as Error);
      return undefined;
    }
  }
}

function isFrame(body: Uint8Array): boolean {
  return body.length >= magic.length && magic.every((byte, place) => body[place] === byte);
}
