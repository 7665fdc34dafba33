import { namespace, waitFor } from '@rostrum/testkit';
import { expect } from 'vitest';
import { permitName, poolKeys } from '../../src/permits/keys.ts';
import type { Hold, StartIntent } from '../../src/permits/permits.ts';
import { FakeConductor } from './fake-conductor.ts';
import { type Executor, intent, pool, type useExecutors } from './support.ts';

export const scopes = ['a', 'b'];
const limit = 2;

/** One thing that happens; the number chooses the executor or the permit that it happens to. */
export type Step =
  | { do: 'take'; scope: string; times: number; which: number }
  | { do: 'start' | 'send' | 'end' | 'release' | 'watch' | 'unresolved' | 'kill' | 'close' | 'cut'; which: number }
  | { do: 'pass' | 'lose' };

interface Taken {
  executor: Executor;
  permit: Hold;
  scope: string;
  intent: StartIntent;
  workflowId: string | undefined;
  released: boolean;
  /** Data was lost while nobody alive looked after it. */
  forgotten: boolean;
}

/** What a run knows to be true, against which the permits in Redis are checked. */
export class Model {
  readonly #ns = namespace();
  readonly #conductor = new FakeConductor();
  readonly #executors: ReturnType<typeof useExecutors>;
  readonly #alive: Executor[] = [];
  readonly #names = new Map<string, Executor>();
  readonly #taken: Taken[] = [];
  #lost = false;

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

  /** Everything ends, those alive release what they hold: then nothing may be left. */
  async end(): Promise<void> {
    this.#conductor.endAll();
    for (const each of this.#taken) if (this.#alive.includes(each.executor)) this.#release(each);
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

  async #take(scope: string, times: number, which: number): Promise<void> {
    const takes = Array.from({ length: times }, async (_, n) => {
      const executor = this.#alive[(which + n) % this.#alive.length]!;
      const wanted = intent({ startWithinMs: 600 });
      const result = await executor.permits.take({ pool, scope, limit, intent: () => wanted });
      if (result.kind !== 'taken') return;
      this.#taken.push({
        ...{ executor, scope, permit: result.hold, intent: wanted },
        workflowId: undefined,
        released: false,
        forgotten: false,
      });
      const running = this.#taken.filter((each) => each.scope === scope && this.#counts(each));
      expect(running.length, 'permits in use at once').toBeLessThanOrEqual(limit);
    });
    await Promise.all(takes);
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
    const options = { owner, leaseMs: 900, startMarginMs: 50 };
    const executor = await this.#executors.start(this.#ns, this.#conductor, options);
    this.#alive.push(executor);
    this.#names.set(owner, executor);
  }

  async #stopExecutor(which: number, kill: boolean): Promise<void> {
    const [executor] = this.#alive.splice(which % this.#alive.length, 1);
    await (kill ? executor!.kill() : executor!.permits.close());
    await this.#forgetLost(executor!);
    await this.#startExecutor();
  }

  /** Loses its connection for longer than its watches' lease, and comes back. */
  async #cut(executor: Executor): Promise<void> {
    executor.client.redis.disconnect();
    await this.#forgetLost(executor);
    await this.#pass(350);
    await executor.client.redis.connect();
  }

  /** Who goes before it has added again what was lost takes the knowledge with it. */
  async #forgetLost(executor: Executor): Promise<void> {
    if (!this.#lost) return;
    for (const each of this.#taken.filter((taken) => taken.executor === executor)) {
      const { owner } = await this.#executors.state(this.#ns).record(each.permit.id);
      if (owner === undefined) each.forgotten = true;
    }
  }

  async #pass(ms: number): Promise<void> {
    const until = performance.now() + ms;
    await waitFor(() => performance.now() > until);
  }

  /** The pool's data are gone in one step, with all knowledge of what nobody alive owned. */
  async #loseData(): Promise<void> {
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
    const owners = (await this.#executors.admin.eval(lua, 0, `${this.#ns}:*`)) as string[];
    for (const each of this.#taken) {
      const owner = owners[owners.indexOf(each.permit.id) + 1];
      const executor = this.#names.get(owner?.split('/')[0] ?? '');
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

function isBusy({ held, watched }: { held: number; watched: number }): boolean {
  return held + watched > 0;
}
