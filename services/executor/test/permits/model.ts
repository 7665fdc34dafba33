import { deadlineIn } from '@rostrum/shared/bus';
import { namespace, waitFor } from '@rostrum/testkit';
import { expect, vi } from 'vitest';
import { permitName, poolKeys } from '../../src/permits/keys.ts';
import { type Hold, PermitsUnavailable, type StartIntent, type TakeResult } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { type Executor, intent, pool, type useExecutors } from './support.ts';

export const scopes = ['a', 'b'];
const limit = 2;
/** A permit's lease; a watch's is a third of it. */
const leaseMs = 900;
const startWithinMs = 600;
/** The place of a waiter whose executor died. */
const waiterLeaseMs = 2_000;
/** Once holders have gone, all permits can be had again after the longest of these, and what this machine needs. */
const backWithinMs = Math.max(leaseMs, startWithinMs, waiterLeaseMs) + 1_500;

/** One thing that happens; the number chooses the executor or the permit that it happens to. */
export type Step =
  | { do: 'take'; scope: string; times: number; which: number }
  | { do: 'start' | 'send' | 'end' | 'release' | 'watch' | 'unresolved' | 'kill' | 'close' | 'cut'; which: number }
  | { do: 'wait'; scope: string; times: number; which: number; ms: number }
  | { do: 'restart'; data: boolean }
  | { do: 'skew'; ms: number }
  | { do: 'pass' | 'lose' };

interface Taken {
  executor: Executor;
  permit: Hold;
  scope: string;
  intent: StartIntent;
  workflowId: string | undefined;
  released: boolean;
  /** Who looked after it when data was lost: its executor, or one that had taken it over. */
  keeper?: Executor | undefined;
  /** Data was lost while nobody alive looked after it. */
  forgotten: boolean;
}

interface Waiting {
  executor: Executor;
  id: string;
  scope: string;
  /** It was seen in the queue, before everybody who came to wait after that. */
  queued: boolean;
}

/** What a run knows to be true, against which the permits in Redis are checked. */
export class Model {
  readonly #ns = namespace();
  readonly #conductor = new FakeConductor();
  readonly #executors: ReturnType<typeof useExecutors>;
  readonly #alive: Executor[] = [];
  readonly #names = new Map<string, Executor>();
  readonly #taken: Taken[] = [];
  /** In order of arrival. */
  readonly #waiting: Waiting[] = [];
  readonly #outcomes: Promise<void>[] = [];
  #waiters = 0;
  #words = 0;
  #lost = false;
  #ending = false;

  constructor(executors: ReturnType<typeof useExecutors>) {
    this.#executors = executors;
  }

  async begin(): Promise<void> {
    await this.#startExecutor();
    await this.#startExecutor();
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'take':
        await this.#take(step.scope, step.times, step.which);
        break;
      case 'wait':
        for (let n = 0; n < step.times; n++) await this.#queue(step.scope, step.which + n, step.ms);
        break;
      case 'restart':
        await this.#restart(step.data);
        break;
      case 'skew':
        // By the clocks of executors only; each process counts its monotonic time from a moment of its own anyway.
        vi.setSystemTime(Date.now() + step.ms);
        break;
      case 'start':
      case 'send':
        this.#start(step.which, step.do === 'start');
        break;
      case 'end':
        this.#conductor.end(this.#choose(step.which, (each) => this.#runs(each))?.workflowId ?? '');
        break;
      case 'release':
        this.#release(this.#choose(step.which, (each) => !this.#runs(each) && this.#alive.includes(each.executor)));
        break;
      case 'watch':
        this.#choose(step.which, (each) => each.workflowId !== undefined)?.permit.leave();
        break;
      case 'unresolved':
        this.#choose(step.which, () => true)?.permit.unresolved();
        break;
      case 'kill':
      case 'close':
        await this.#stopExecutor(step.which, step.do === 'kill');
        break;
      case 'cut':
        await this.#cut(this.#alive[step.which % this.#alive.length]!);
        break;
      case 'pass':
        await this.#pass(80);
        break;
      case 'lose':
        await this.#loseData();
        break;
    }
    await this.#check();
  }

  /** Everything ends, those alive release what they hold: then all can be had again, and nothing may be left. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#conductor.endAll();
    for (const each of this.#taken) if (this.#alive.includes(each.executor)) this.#release(each);
    const began = performance.now();
    for (const scope of scopes) {
      const back = async () => {
        const results = await Promise.all(Array.from({ length: limit }, () => this.#ask(this.#alive[0]!, scope)));
        for (const result of results) if (result.kind === 'taken') result.hold.release();
        return results.every(({ kind }) => kind === 'taken');
      };
      const timeoutMs = backWithinMs - (performance.now() - began);
      await waitFor(back, { what: `the permits of ${scope}`, timeoutMs, everyMs: 50 });
    }
    await Promise.all(this.#outcomes);
    const state = this.#executors.state(this.#ns);
    // Both: after a loss of data it is its owner that knows of a permit.
    const left = async () => [
      ...(await state.keys()),
      ...this.#alive.map(({ permits }) => permits.stats()).filter(isBusy),
    ];
    await waitFor(async () => (await left()).length === 0, { what: 'all permits to be back' }).catch(async (error) => {
      throw new Error(`Left: ${JSON.stringify(await left())}`, { cause: error });
    });
  }

  #ask(executor: Executor, scope: string, wanted = intent({ startWithinMs })): Promise<TakeResult> {
    return executor.permits.take({ pool, scope, limit, intent: () => wanted });
  }

  async #take(scope: string, times: number, which: number): Promise<void> {
    const takes = Array.from({ length: times }, async (_, n) => {
      const executor = this.#alive[(which + n) % this.#alive.length]!;
      const wanted = intent({ startWithinMs });
      const result = await this.#ask(executor, scope, wanted);
      if (result.kind === 'taken') this.#has(executor, scope, result.hold, wanted);
    });
    await Promise.all(takes);
  }

  #has(executor: Executor, scope: string, permit: Hold, wanted: StartIntent): void {
    const taken = { executor, scope, permit, intent: wanted, workflowId: undefined, released: false, forgotten: false };
    this.#taken.push(taken);
    const running = this.#taken.filter((each) => each.scope === scope && this.#counts(each));
    expect(running.length, 'permits in use at once').toBeLessThanOrEqual(limit);
    if (this.#ending) this.#release(taken);
  }

  /** One more who waits; returns when it stands in the queue, or has its answer. */
  async #queue(scope: string, which: number, ms: number): Promise<void> {
    const waiting = { id: `waiter-${this.#waiters++}`, scope, queued: false, executor: this.#alive[0]! };
    this.#waiting.push(waiting);
    let settled = false;
    const outcome = this.#wait(waiting, which, ms).finally(() => {
      settled = true;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    });
    // Awaited in the end; until then it may have failed.
    outcome.catch(() => {});
    this.#outcomes.push(outcome);
    await waitFor(async () => settled || (waiting.queued = (await this.#placeOf(waiting)) !== null), { everyMs: 1 });
  }

  async #wait(waiting: Waiting, which: number, ms: number): Promise<void> {
    const executor = (waiting.executor = this.#alive[which % this.#alive.length]!);
    const { id, scope } = waiting;
    const wanted = intent();
    const request = {
      pool,
      scope,
      limit,
      intent: () => ({ ...wanted, startWithinMs }),
      wait: { id, until: deadlineIn(ms) },
    };
    const result = await executor.permits.take(request).catch((error: unknown) => {
      if (!(error instanceof PermitsUnavailable)) throw error;
      return undefined;
    });
    const isDead = executor.client.redis.status === 'end' && !this.#alive.includes(executor);
    if (isDead || !result) return;
    if (result.kind === 'sent-back') return this.#wait(waiting, which, ms);
    if (result.kind !== 'taken') return;
    const earlier = this.#waiting.slice(0, this.#waiting.indexOf(waiting));
    this.#has(executor, scope, result.hold, wanted);
    for (const each of earlier) {
      if (each.scope !== scope || !each.queued || this.#lost) continue;
      // Not overtaken: it has its answer, or there is a permit for it, too.
      const place = await this.#placeOf(each);
      if (place !== null) expect(place, 'the place of who came before').toBeLessThan(limit);
    }
  }

  #placeOf({ scope, id }: Waiting): Promise<number | null> {
    return this.#executors.admin.zrank(poolKeys(this.#ns, pool).permit(permitName(scope)), id);
  }

  /** As a request does it: checks its time just before. `known`: its answer arrived. */
  #start(which: number, known: boolean): void {
    const isFresh = (each: Taken) =>
      each.workflowId === undefined && !each.released && this.#alive.includes(each.executor);
    const chosen = this.#choose(which, (each) => isFresh(each) && each.permit.startRemaining() > 0);
    if (!chosen) return;
    chosen.workflowId = this.#conductor.start(chosen.intent);
    if (known) chosen.permit.started(chosen.workflowId);
    else chosen.permit.unresolved();
  }

  #release(taken: Taken | undefined): void {
    if (!taken) return;
    taken.released = true;
    taken.permit.release();
  }

  /** Certainly in use: it runs, or may still be started. */
  #counts(each: Taken): boolean {
    if (each.forgotten || each.released) return false;
    return each.workflowId === undefined ? each.permit.startRemaining() > 0 : this.#runs(each);
  }

  #runs({ workflowId }: Taken): boolean {
    return workflowId !== undefined && this.#conductor.isRunning(workflowId);
  }

  #choose(which: number, fits: (taken: Taken) => boolean): Taken | undefined {
    const fitting = this.#taken.filter(fits);
    return fitting[which % fitting.length];
  }

  async #startExecutor(): Promise<void> {
    const owner = `executor-${this.#names.size}`;
    const onWanted = (at: string, names: ReadonlySet<string>) => {
      // Every third word is lost.
      if (this.#words++ % 3 === 2) return;
      for (const name of names) for (const { permits } of this.#alive) permits.freed(at, name);
    };
    const options = { owner, leaseMs, startMarginMs: 50, onWanted };
    const executor = await this.#executors.start(this.#ns, this.#conductor, options);
    this.#alive.push(executor);
    this.#names.set(owner, executor);
  }

  async #stopExecutor(which: number, kill: boolean): Promise<void> {
    const [executor] = this.#alive.splice(which % this.#alive.length, 1);
    await (kill ? executor!.kill() : executor!.permits.close());
    if (kill) await this.#forgetLost(executor!);
    await this.#startExecutor();
  }

  /** Loses its connection for longer than its watches' lease, and comes back. */
  async #cut(executor: Executor): Promise<void> {
    executor.client.redis.disconnect();
    await this.#forgetLost(executor);
    await this.#pass(350);
    await executor.client.redis.connect();
  }

  /** Killed; comes back with its data or, as after the loss of a disk, without. */
  async #restart(data: boolean): Promise<void> {
    if (data) for (const executor of this.#alive) await this.#forgetLost(executor);
    else await this.#loseData(true);
    await this.#executors.server.restart('SIGKILL');
    await waitFor(() => this.#alive.every(({ client }) => client.ready), { what: 'all to be connected again' });
  }

  /** Who goes before it has added again what was lost takes the knowledge with it. */
  async #forgetLost(executor: Executor): Promise<void> {
    if (!this.#lost) return;
    for (const each of this.#taken.filter((taken) => (taken.keeper ?? taken.executor) === executor)) {
      const { owner } = await this.#executors.state(this.#ns).record(each.permit.id);
      if (owner === undefined) each.forgotten = true;
    }
  }

  async #pass(ms: number): Promise<void> {
    const until = performance.now() + ms;
    await waitFor(() => performance.now() > until);
  }

  /** The pool's data are gone in one step, with all knowledge of what nobody alive owned. */
  async #loseData(restarts = false): Promise<void> {
    this.#lost = true;
    const lua = `
      local owners = {}
      for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
        if key:find(':watch:', 1, true) then
          owners[#owners + 1] = key:match('([^:]*)$')
          owners[#owners + 1] = redis.call('HGET', key, 'owner')
        end
        redis.call('DEL', key)
      end
      return owners`;
    // In a restart nobody may write between the loss and the end of the server.
    const pause = restarts ? [['client', 'pause', '10000']] : [];
    const replies = await this.#executors.admin.multi([['eval', lua, '0', `${this.#ns}:*`], ...pause]).exec();
    const owners = replies![0]![1] as string[];
    for (const each of this.#taken) {
      const owner = owners[owners.indexOf(each.permit.id) + 1];
      const executor = this.#names.get(owner?.split('/')[0] ?? '');
      each.keeper = executor;
      if (!executor || !this.#alive.includes(executor)) each.forgotten = true;
    }
  }

  /** No permit is gone while its workflow runs. (After a loss it may be, until its owner has renewed it.) */
  async #check(): Promise<void> {
    if (this.#lost) return;
    for (const each of this.#taken) {
      const before = this.#counts(each);
      const score = await this.#executors.admin.zscore(
        poolKeys(this.#ns, pool).permit(permitName(each.scope)),
        each.permit.id,
      );
      if (before) expect(score, 'a permit in use').not.toBeNull();
    }
  }
}

function isBusy({ held, watched, waiting }: { held: number; watched: number; waiting: number }): boolean {
  return held + watched + waiting > 0;
}
