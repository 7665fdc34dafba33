/** Permits that were granted ahead of need. */
export interface Lease {
  left: number;
  /** In which they count. */
  readonly slot: number;
  /** By `performance.now()`. */
  readonly endsAt: number;
}

/** The leases of one scope, oldest first. */
export class Leases {
  readonly #live: Lease[] = [];
  #unused = new Map<number, number>();

  add(lease: Lease): void {
    this.#live.push(lease);
  }

  take(now: number): Lease | undefined {
    this.#endOld(now);
    const [lease] = this.#live;
    if (!lease) return undefined;
    lease.left -= 1;
    return lease;
  }

  /** One permit of a lease that turned out not to be needed. */
  putBack(lease: Lease): void {
    if (this.#live.includes(lease)) lease.left += 1;
    else this.unused(lease.slot, 1);
  }

  left(now: number): number {
    let left = 0;
    for (const lease of this.#live) if (lease.endsAt > now) left += lease.left;
    return left;
  }

  /** What nobody will use any more, by slot; forgotten here. */
  takeUnused(now: number): [slot: number, count: number][] {
    this.#endOld(now);
    const unused = [...this.#unused];
    if (unused.length > 0) this.#unused = new Map();
    return unused;
  }

  /** Nobody will use any of them. */
  end(): void {
    this.#endOld(Number.POSITIVE_INFINITY);
  }

  hasUnused(now: number): boolean {
    this.#endOld(now);
    return this.#unused.size > 0;
  }

  get held(): boolean {
    return this.#live.length > 0;
  }

  #endOld(now: number): void {
    for (;;) {
      const [first] = this.#live;
      if (!first || (first.left > 0 && first.endsAt > now)) return;
      this.#live.shift();
      if (first.left > 0) this.unused(first.slot, first.left);
    }
  }

  /** So many will not be used, or not so that they may count there. */
  unused(slot: number, count: number): void {
    this.#unused.set(slot, (this.#unused.get(slot) ?? 0) + count);
  }
}
