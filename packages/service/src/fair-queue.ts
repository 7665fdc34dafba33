/** Waiting items, first in first out for each owner; owners take turns. */
export class FairQueue<Item extends { owner: string }> {
  readonly #owners = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many owners have something waiting. */
  get owners(): number {
    return this.#owners.size;
  }

  sizeOf(owner: string): number {
    return this.#owners.get(owner)?.size ?? 0;
  }

  has(item: Item): boolean {
    return this.#owners.get(item.owner)?.has(item) ?? false;
  }

  add(item: Item): void {
    const items = this.#owners.get(item.owner) ?? new Set();
    items.add(item);
    this.#owners.set(item.owner, items);
    this.#size++;
  }

  /** The next item that `isDue` allows, of the next owner that `mayTake` allows, taken out. */
  take(mayTake: (owner: string) => boolean, isDue: (item: Item) => boolean = () => true): Item | undefined {
    for (const [owner, items] of this.#owners) {
      if (!mayTake(owner)) continue;
      const item = first(items, isDue);
      if (item === undefined) continue;
      this.delete(item);
      // To the end of the line of owners.
      if (this.#owners.delete(owner) && items.size > 0) this.#owners.set(owner, items);
      return item;
    }
    return undefined;
  }

  delete(item: Item): boolean {
    const items = this.#owners.get(item.owner);
    if (!items?.delete(item)) return false;
    if (items.size === 0) this.#owners.delete(item.owner);
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): Iterator<Item> {
    for (const items of this.#owners.values()) yield* items;
  }
}

function first<Item>(items: Iterable<Item>, matches: (item: Item) => boolean): Item | undefined {
  for (const item of items) if (matches(item)) return item;
  return undefined;
}
