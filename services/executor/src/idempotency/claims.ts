import { decodeOutcome, encodeOutcome, type Outcome } from '@rostrum/shared/messages';
import { randomId } from '@rostrum/shared/ids';
import type { RedisClient } from '@rostrum/redis';
import { Withdrawals } from './withdrawals.ts';
import { noteLua, takeLua, takeOverLua, withdrawLua } from './lua.ts';

/** How long after `startBy` a workflow may still become visible (ms): a POST may be slow, and so may an index. */
const START_MARGIN_MS = 2_000;
/** Larger answers are not kept (bytes): a repeat makes them again, from the workflow. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Of the claims before this one; the first always is, since Conductor may know it (see {@link Claim.origin}). */
const MAX_FORMER = 8;

/** Names a claim, also in watch records. */
export interface ClaimName {
  /** Digest of service, route, principal and `Idempotency-Key`. */
  key: string;
  /** Digest of the request. */
  digest: string;
}

/** How a key stands. */
export type Standing =
  | { kind: 'claimed'; claim: Claim }
  /** It was used for another request. */
  | { kind: 'reused' }
  | { kind: 'answered'; outcome: Outcome }
  | { kind: 'running'; workflowId: string; claim: Claim }
  /** Nobody has said yet that a workflow was started; until `openInMs` is over, its holder may. */
  | { kind: 'starting'; openInMs: number; claim: Claim };

/** *lost*: another has taken the claim over, and started `workflowId`, if that is known. */
export type Noted = { kind: 'held' } | { kind: 'lost'; workflowId: string };

/** Redis is away, or did not answer in time: it may have been done. */
export class ClaimsUnavailable extends Error {
  override name = 'ClaimsUnavailable';
}

/** Claims of idempotency keys in Redis, each for `keepSeconds`. */
export class Claims {
  readonly #keepMs: number;
  readonly #prefix: string;
  readonly #scripts: ClaimScripts;

  constructor(redis: RedisClient, namespace: string, keepSeconds: number) {
    this.#keepMs = keepSeconds * 1_000;
    this.#prefix = `${namespace}:idempotency:`;
    const withdrawals = new Withdrawals(redis, redis.script('claimWithdraw', withdrawLua));
    const script = (name: string, lua: string): ClaimScript => {
      const run = redis.script(name, lua);
      return (key, args, newId) =>
        run([key], args).catch((cause: Error) => {
          // It may have been claimed all the same: an answer can be lost on its way.
          if (newId !== undefined && cause.cause !== undefined) void withdrawals.withdraw(key, newId);
          throw new ClaimsUnavailable(cause.message, { cause });
        });
    };
    this.#scripts = {
      take: script('claimTake', takeLua),
      takeOver: script('claimTakeOver', takeOverLua),
      note: script('claimNote', noteLua),
      withdrawals,
    };
  }

  /** Claims the key for a start within `startWithinMs`, unless it is claimed already. @throws {ClaimsUnavailable} */
  async take(name: ClaimName, startWithinMs: number): Promise<Standing> {
    const startBy = performance.now() + startWithinMs;
    const id = randomId();
    const args = [name.digest, id, Math.ceil(startWithinMs), this.#keepMs];
    const key = this.#prefix + name.key;
    const record = (await this.#scripts.take(key, args, id)) as Standings;
    if (record.length === 0) return { kind: 'claimed', claim: this.#claim(name, id, [], startBy) };
    const [digest, holder, startInMs, former, workflowId, answer] = record;
    if (digest !== name.digest) return { kind: 'reused' };
    if (answer !== '') return { kind: 'answered', outcome: decodeOutcome(Buffer.from(answer, 'base64')) };
    const claim = this.#claim(name, holder, ids(former), 0);
    if (workflowId !== '') return { kind: 'running', workflowId, claim };
    return { kind: 'starting', openInMs: startInMs + START_MARGIN_MS, claim };
  }

  /** The claim that a watch record names; nothing may be started under it. */
  of(name: ClaimName, id: string): Claim {
    return this.#claim(name, id, [], 0);
  }

  #claim(name: ClaimName, id: string, former: readonly string[], startBy: number): Claim {
    return new Claim(name, id, former, startBy, { key: this.#prefix + name.key, keepMs: this.#keepMs }, this.#scripts);
  }
}

/** One request's hold on its idempotency key; methods reject with ClaimsUnavailable when it may not have been done. */
export class Claim {
  readonly name: ClaimName;
  /** Random; the correlation id of the workflow that is started under it. */
  readonly id: string;
  /** Those it was taken over from, the first one first: what they may have started is an extra. */
  former: readonly string[];
  readonly #startBy: number;
  readonly #stored: { key: string; keepMs: number };
  readonly #scripts: ClaimScripts;
  #sent = false;

  constructor(
    name: ClaimName,
    id: string,
    former: readonly string[],
    startBy: number,
    stored: { key: string; keepMs: number },
    scripts: ClaimScripts,
  ) {
    this.name = name;
    this.id = id;
    this.former = former;
    this.#startBy = startBy;
    this.#stored = stored;
    this.#scripts = scripts;
  }

  /** The first claim of the key, which stays when it is taken over: a server that honours it starts one workflow for it. */
  get origin(): string {
    return this.former[0] ?? this.id;
  }

  /** Time left (ms) in which the start may be in flight; 0: it must not be sent any more. */
  startRemaining(): number {
    return Math.max(0, this.#startBy - performance.now());
  }

  /** Nobody knows whether the start arrived: the claim stays, and {@link withdraw} has no effect. */
  unresolved(): void {
    this.#sent = true;
  }

  /** Gives this claim, under which nothing was started, to who calls first; undefined: another was faster. */
  async takeOver(startWithinMs: number): Promise<Claim | undefined> {
    const startBy = performance.now() + startWithinMs;
    const id = randomId();
    const [first, ...others] = [...this.former, this.id];
    const former = [first, ...others.slice(1 - MAX_FORMER)];
    const args = [this.id, id, Math.ceil(startWithinMs), this.#stored.keepMs, former.join(' ')];
    const taken = await this.#scripts.takeOver(this.#stored.key, args, id);
    return taken === 1 ? new Claim(this.name, id, former, startBy, this.#stored, this.#scripts) : undefined;
  }

  /** The workflow runs, and has this id. */
  async started(workflowId: string): Promise<Noted> {
    this.#sent = true;
    return (await this.#note(workflowId, '')).noted;
  }

  /** Stores the answer, unless there is one; gives the one that stands. */
  async complete(workflowId: string, outcome: Outcome): Promise<{ noted: Noted; outcome: Outcome }> {
    const encoded = encodeOutcome(outcome);
    const { noted, answer } = await this.#note(
      workflowId,
      encoded.length > MAX_ANSWER_BYTES ? '' : encoded.toString('base64'),
    );
    return { noted, outcome: answer === '' ? outcome : decodeOutcome(Buffer.from(answer, 'base64')) };
  }

  /** Nothing was started: the key is free again, or will be. Never rejects. */
  async withdraw(): Promise<void> {
    if (!this.#sent) await this.#scripts.withdrawals.withdraw(this.#stored.key, this.id);
  }

  async #note(workflowId: string, answer: string): Promise<{ noted: Noted; answer: string }> {
    const args = [this.id, this.name.digest, workflowId, answer, this.#stored.keepMs];
    const [kind, what, stands] = (await this.#scripts.note(this.#stored.key, args)) as [string, string, string];
    if (kind === 'lost') return { noted: { kind: 'lost', workflowId: what }, answer: stands };
    this.former = ids(what);
    return { noted: { kind: 'held' }, answer: stands };
  }
}

/** `newId` is claimed by it: withdrawn when it is not known whether it was. @throws {ClaimsUnavailable} */
type ClaimScript = (key: string, args: readonly (string | number)[], newId?: string) => Promise<unknown>;
type ClaimScripts = Record<'take' | 'takeOver' | 'note', ClaimScript> & { withdrawals: Withdrawals };
type Standings = [] | [string, string, number, string, string, string];

function ids(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}
