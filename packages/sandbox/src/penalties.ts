/** Which revisions were ended by force so often that they run apart from the others. */
export class Penalties {
  static readonly windowMs = 60_000;
  static readonly limit = 2;
  readonly #strikes = new Map<string, number[]>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts one forced end. True when this one makes the revision penalised. */
  strike(revision: string): boolean {
    const before = this.has(revision);
    this.#forgetOld();
    this.#strikes.set(revision, [...(this.#strikes.get(revision) ?? []), this.#now()].slice(-Penalties.limit));
    return !before && this.has(revision);
  }

  /** True while the last two forced ends are both less than a minute old. */
  has(revision: string): boolean {
    const times = this.#strikes.get(revision);
    if (!times || times.length < Penalties.limit) return false;
    return (times[0] as number) > this.#now() - Penalties.windowMs;
  }

  #forgetOld(): void {
    const horizon = this.#now() - Penalties.windowMs;
    for (const [revision, times] of this.#strikes) {
      if ((times.at(-1) as number) <= horizon) this.#strikes.delete(revision);
    }
  }
}
