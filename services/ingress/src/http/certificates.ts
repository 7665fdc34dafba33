import { X509Certificate } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Logger } from '@rostrum/service/logger';

export interface KeyPair {
  cert: string;
  key: string;
}

export interface CertificateOptions {
  /** PEM: the certificate with its chain, and its private key. */
  certFile: string;
  keyFile: string;
  /** How often the files are looked at, beside being watched (ms): not every file system tells of changes. */
  everyMs: number;
  log: Logger;
  /** Told of every pair that was loaded, with the moment it is valid until (ms since the epoch), and of every failure. */
  onLoaded(validUntil: number): void;
  onFailed(): void;
}

/** After a change was announced: the other file of the pair may follow in a moment (ms). */
const SETTLE_MS = 100;

/**
 * The certificate we show, from files that may change at any time: written over, renamed into place, or behind symbolic
 * links that are swapped, as Kubernetes does. A pair that cannot be used is logged, and the one before stays.
 */
export class Certificates {
  readonly #options: CertificateOptions;
  #pair: KeyPair | undefined;
  /** The last fault, so that it is logged once. */
  #fault = '';
  #watchers: FSWatcher[] = [];
  #poll: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: CertificateOptions) {
    this.#options = options;
  }

  /** The pair as it is now. @throws {Error} when it cannot be used. */
  async load(): Promise<KeyPair> {
    const { certFile, keyFile, onLoaded } = this.#options;
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    if (this.#pair?.cert === cert && this.#pair.key === key) return this.#pair;
    // Throws where they do not belong together, or one of them is half written.
    createSecureContext({ cert, key });
    const { validTo, subject } = new X509Certificate(cert);
    this.#pair = { cert, key };
    this.#options.log.info({ subject, validTo }, 'certificate loaded');
    onLoaded(Date.parse(validTo));
    return this.#pair;
  }

  /** Calls `use` with every new pair, until {@link stop}. */
  watch(use: (pair: KeyPair) => void): void {
    const { certFile, keyFile, everyMs, log, onFailed } = this.#options;
    const look = async () => {
      const before = this.#pair;
      try {
        const pair = await this.load();
        this.#fault = '';
        if (pair !== before) use(pair);
      } catch (error) {
        onFailed();
        const fault = String(error);
        if (fault !== this.#fault) log.error({ err: error }, 'certificate cannot be used; the one before stays');
        this.#fault = fault;
      }
    };
    this.#poll = setInterval(() => void look(), everyMs).unref();
    // The directories: a watch on a file stays with the file that was renamed away.
    for (const directory of new Set([dirname(certFile), dirname(keyFile)])) {
      const changed = () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => void look(), SETTLE_MS);
      };
      this.#watchers.push(watch(directory, { persistent: false }, changed).on('error', () => {}));
    }
  }

  stop(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers) watcher.close();
  }
}
