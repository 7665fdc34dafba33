import { LRUCache } from 'lru-cache';
import { Issuer, type IssuerOptions } from './issuer.ts';

/** Issuers are named by the configuration alone, so that callers cannot make this grow. */
const MOST = 1_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** The issuers of all services of this process, bounded in count and bytes; those that are not used go first. */
export class Issuers {
  readonly #known: LRUCache<string, Issuer>;
  readonly #options: IssuerOptions;

  constructor(options: IssuerOptions, { most = MOST, mostBytes = MOST_BYTES } = {}) {
    this.#known = new LRUCache({ max: most, maxSize: mostBytes, sizeCalculation: ({ bytes }) => bytes + 1_000 });
    this.#options = {
      ...options,
      onLooked: (uri, error) => {
        const issuer = this.#known.peek(uri);
        // Its size is another now; set alone would keep the old one.
        if (issuer && this.#known.delete(uri)) this.#known.set(uri, issuer);
        options.onLooked(uri, error);
      },
    };
  }

  get(uri: string): Issuer {
    const known = this.#known.get(uri);
    if (known) return known;
    const issuer = new Issuer(uri, this.#options);
    this.#known.set(uri, issuer);
    return issuer;
  }
}
