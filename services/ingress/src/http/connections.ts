import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';

/** How long a connection that we close is still read from, so that its last answer arrives (ms; RFC 9112, section 9.6). */
export const LINGER_MS = 1_000;

/** One connection of HTTP/1.1: what is under way on it, and whether there may be more. */
export class Connection {
  readonly socket: Socket;
  /** Requests whose answers have not left. */
  pending = 0;
  requests = 0;
  latest: Exchange | undefined;
  /** An answer has said that it is the last one: what comes after it is not looked at (RFC 9112, section 9.6). */
  ending = false;
  /** What came could not be read. */
  refused = false;
  #activeAt = performance.now();
  #bytesRead = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Since when nothing has happened on it (`performance.now()`). To be called again and again, since bytes are not announced. */
  idleSince(now: number): number {
    const { bytesRead } = this.socket;
    if (this.pending > 0 || bytesRead !== this.#bytesRead) this.#activeAt = now;
    this.#bytesRead = bytesRead;
    return this.#activeAt;
  }

  begin(raw: IncomingMessage, response: ServerResponse, awaitsWord: boolean): Exchange {
    const exchange = new Exchange(raw, response, this, awaitsWord);
    this.latest = exchange;
    this.pending += 1;
    this.requests += 1;
    response.once('close', () => {
      this.pending -= 1;
      this.#activeAt = performance.now();
    });
    return exchange;
  }

  /**
   * Ends the connection after the answer that is being made. Where the client is still sending, closing at once would
   * make its system throw the answer away: we close our side, and read on for a moment.
   */
  end(): void {
    this.ending = true;
    const { socket } = this;
    if (this.latest?.raw.complete === false) socket.destroySoon = () => lingeringEnd(socket);
  }
}

/** Closes our side of a connection, with a last word, and the other a moment later. */
export function lingeringEnd(socket: Socket, text?: string): void {
  if (text === undefined) socket.end();
  else socket.end(text);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

export interface ConnectionsOptions {
  /** How many connections one address may have; 0 for any number. */
  perAddress: number;
  onRefused(): void;
}

/** The connections that are open. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  readonly #sockets = new Set<Socket>();
  readonly #addresses = new Map<string, number>();
  readonly #options: ConnectionsOptions;
  /** How many have come and gone. */
  moves = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** How many are open, of any version of HTTP. */
  get count(): number {
    return this.#sockets.size;
  }

  /** Whether anything of HTTP/1.1 is under way, or may come yet. */
  get busy(): boolean {
    return [...this.#open.values()].some(({ ending, pending }) => !ending || pending > 0);
  }

  /** Ends all that are left, whatever their clients have not read. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Counts a new connection by its address, and closes it where there are too many. */
  admit(socket: Socket): void {
    const { perAddress, onRefused } = this.#options;
    const { remoteAddress = '' } = socket;
    this.#sockets.add(socket);
    this.moves += 1;
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.moves += 1;
    });
    if (perAddress === 0) return;
    const count = (this.#addresses.get(remoteAddress) ?? 0) + 1;
    if (count > perAddress) {
      onRefused();
      return void socket.destroy();
    }
    this.#addresses.set(remoteAddress, count);
    socket.once('close', () => {
      const left = (this.#addresses.get(remoteAddress) ?? 1) - 1;
      if (left > 0) this.#addresses.set(remoteAddress, left);
      else this.#addresses.delete(remoteAddress);
    });
  }

  /** Keeps account of a connection of HTTP/1.1 until it closes. */
  add(socket: Socket): void {
    this.#open.set(socket, new Connection(socket));
    socket.once('close', () => this.#open.delete(socket));
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Closes those that have been idle for so long (ms); with infinity it only looks. */
  closeIdle(forMs: number): void {
    const now = performance.now();
    for (const connection of this.#open.values()) {
      if (now - connection.idleSince(now) < forMs || connection.ending) continue;
      connection.ending = true;
      connection.socket.destroySoon();
    }
  }
}
