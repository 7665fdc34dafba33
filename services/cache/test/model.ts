import type { CacheAsk, CacheSelection } from '@rostrum/shared/messages';

/** The cache as the design says it, without Redis: what property.test.ts holds the real one to. Times are seconds. */

export const times = { fresh: 100, whileRevalidate: 30, ifError: 60, problem: 40, lock: 70 };
/** The last part of an answer's time, in which an eager asker makes it anew. */
const EARLY = 0.1;

export interface Named {
  service: string;
  route: string;
  label: string;
}

interface Value {
  holder: string;
  text: string;
  problem: boolean;
  madeAt: number;
  fresh: number;
  revalidate: number;
  error: number;
}

interface State {
  value?: Value;
  lock?: { holder: string; waited: boolean; until: number };
}

export interface Asking {
  holder: string;
  wants: CacheAsk['wants'];
  maxStaleSeconds: number;
  /** Whether chance has it make anew what is nearly over. */
  eager: boolean;
}

export interface Filling {
  holder: string;
  result: 'stored' | 'failed' | 'failed, kept' | 'released';
}

export class Model {
  now = 0;
  readonly #states: State[];
  readonly #names: readonly Named[];

  constructor(names: readonly Named[]) {
    this.#names = names;
    this.#states = names.map(() => ({}));
  }

  ask(key: number, { holder, wants, maxStaleSeconds, eager }: Asking): string {
    const value = this.#value(key);
    const { now } = this;
    const goodEnough = value && now < value.fresh + maxStaleSeconds;
    if (wants === 'stored') return goodEnough ? this.#given(value) : 'none';
    const isFresh = value && now < value.fresh;
    if (wants === 'revalidate') return this.#lock(key, holder) === 'taken' ? 'run locked' : this.#wait(key);
    if (value) {
      const early = eager && value.fresh - now <= (value.fresh - value.madeAt) * EARLY;
      if (isFresh && !early) return this.#given(value);
      if (now < value.revalidate) return `${this.#given(value)}${this.#lock(key, holder) === 'taken' ? ' locked' : ''}`;
      if (goodEnough) return this.#given(value);
    }
    const spare = value && !value.problem && now < value.error ? ` or ${value.text}` : '';
    return (this.#lock(key, holder) === 'taken' ? 'run locked' : this.#wait(key)) + spare;
  }

  fill(key: number, { holder, result }: Filling, text: string): string {
    const state = this.#states[key] as State;
    const lock = this.#locked(key);
    const stores = result === 'stored' || result === 'failed, kept';
    const value = this.#value(key);
    if (lock?.holder !== holder) return stores && value?.holder === holder ? 'taken announced' : 'stale';
    delete state.lock;
    const problem = result === 'failed, kept';
    if (stores && !(problem && value && !value.problem)) {
      const fresh = this.now + (problem ? times.problem : times.fresh);
      const revalidate = problem ? fresh : fresh + times.whileRevalidate;
      const error = problem ? fresh : fresh + times.ifError;
      state.value = { holder, text, problem, madeAt: this.now, fresh, revalidate, error };
    }
    return lock.waited ? 'taken announced' : 'taken';
  }

  purge(selection: CacheSelection): string {
    let announced = 0;
    for (const [key, { service, route, label }] of this.#names.entries()) {
      if (service !== selection.service || (selection.route ?? route) !== route) continue;
      if ((selection.label ?? label) !== label || !label.startsWith(selection.labelPrefix ?? '')) continue;
      if (this.#locked(key)?.waited) announced += 1;
      this.#states[key] = {};
    }
    return `${announced} announced`;
  }

  /** Something else stands under the key now. */
  spoil(key: number, what: 'value' | 'lock'): void {
    delete (this.#states[key] as State)[what];
  }

  #value(key: number): Value | undefined {
    const { value } = this.#states[key] as State;
    return value && this.now < Math.max(value.fresh, value.revalidate, value.error) ? value : undefined;
  }

  #locked(key: number): State['lock'] {
    const { lock } = this.#states[key] as State;
    return lock && this.now < lock.until ? lock : undefined;
  }

  #lock(key: number, holder: string): 'taken' | 'not taken' {
    const lock = this.#locked(key);
    if (!lock) (this.#states[key] as State).lock = { holder, waited: false, until: this.now + times.lock };
    return !lock || lock.holder === holder ? 'taken' : 'not taken';
  }

  #wait(key: number): string {
    const lock = this.#locked(key);
    if (lock) lock.waited = true;
    return 'wait';
  }

  #given({ text, problem, fresh, madeAt }: Value): string {
    return `hit ${text}${problem ? ' problem' : ''} age ${this.now - madeAt} left ${fresh - this.now}`;
  }
}
