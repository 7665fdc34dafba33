import type { Bucket } from './bucket.ts';

const parallel = 32;
const digestPattern = /"digest":"([^"]+)"/g;

/**
 * Which routes the history of the config bucket names. It is read once, and then what was added since: NATS drops the
 * oldest values of a key first, so that the newest entry that names a route is the last one to go.
 */
export class NamedRoutes {
  readonly #bucket: Bucket;
  /** The newest sequence that names a route, by digest. */
  readonly #newest = new Map<string, number>();
  #read = 0;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Those of these digests that something kept still names. */
  async among(digests: readonly string[]): Promise<Set<string>> {
    if (digests.length === 0) return new Set();
    await this.#catchUp();
    const named = digests.filter((digest) => this.#newest.has(digest));
    const sequences = [...new Set(named.map((digest) => this.#newest.get(digest) ?? 0))];
    const gone = new Set<number>();
    for (let at = 0; at < sequences.length; at += parallel) {
      const some = sequences.slice(at, at + parallel);
      const kept = await Promise.all(some.map((sequence) => this.#bucket.has(sequence)));
      some.forEach((sequence, index) => void (kept[index] || gone.add(sequence)));
    }
    for (const [digest, sequence] of this.#newest) if (gone.has(sequence)) this.#newest.delete(digest);
    return new Set(named.filter((digest) => this.#newest.has(digest)));
  }

  async #catchUp(): Promise<void> {
    // A bucket that was made anew counts from 1 again.
    if ((await this.#bucket.lastSequence()) < this.#read) {
      this.#newest.clear();
      this.#read = 0;
    }
    for (;;) {
      const next = await this.#bucket.next('service.*', this.#read + 1);
      if (!next) return;
      const text = next.value ? Buffer.from(next.value).toString() : '';
      for (const [, digest = ''] of text.matchAll(digestPattern)) this.#newest.set(digest, next.sequence);
      this.#read = next.sequence;
    }
  }
}
