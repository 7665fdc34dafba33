import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { encodeFrame, type Frame, FrameDecoder } from './child/frames.mjs';
import type { Job } from './job.ts';
import type { Limits } from './limits.ts';
import { residentBytes } from './memory.ts';
import type { Orders } from './verdicts.ts';

const main = fileURLToPath(new URL('./child/main.mjs', import.meta.url));

/** What a child tells its pool. `closed` comes last, once, when all it wrote before it ended has been read. */
export interface ChildListener {
  ready(child: ScriptChild): void;
  /** With `watched` in the frame's head the child is not free before `watched` comes. */
  done(child: ScriptChild, frame: Frame): void;
  watched(child: ScriptChild, changes: boolean): void;
  retire(child: ScriptChild): void;
  closed(child: ScriptChild, detail: string): void;
}

/** One child process, seen from the parent. */
export class ScriptChild {
  readonly spawnedAt = performance.now();
  readonly #process: ChildProcess;
  readonly #pipe: Socket;
  readonly #listener: ChildListener;
  #stderr = '';
  #rssLimit = Number.POSITIVE_INFINITY;
  #lastId = 0;
  readonly #rssGrowthBytes: number;
  state: 'starting' | 'idle' | 'busy' | 'dead' = 'starting';
  /** Whose isolate it holds. */
  owner: string | undefined;
  job: Job | undefined;
  /**
   * Of a child that is closed: false when it has not taken all that was sent from its pipe, so that the job's script
   * cannot have begun. That it has taken a job no child says: a write costs as much as a script. Linux tells when a
   * process ends with something unread; where a system does not, what was sent may have begun.
   */
  mayHaveBegun = true;
  /** When the pool kills it, if the job has not ended (of `performance.now()`). */
  killAt = Number.POSITIVE_INFINITY;
  startTimer: NodeJS.Timeout | undefined;
  retiring = false;
  idleSince = 0;
  killReason: 'timeout' | 'memory' | undefined;
  #isClosed = false;

  constructor(limits: Limits, listener: ChildListener) {
    this.#listener = listener;
    this.#rssGrowthBytes = limits.rssGrowthBytes;
    this.#process = spawn(process.execPath, [...nodeFlags(limits), main, JSON.stringify(limits.child)], {
      // No environment: what the parent was told in confidence is not for scripts. malloc gives memory back at once.
      env: { MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' },
      // 3 carries the frames. Nothing is written to 4: it ends when this process does (child/life.mjs).
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#pipe = this.#process.stdio[3] as Socket;
    const decoder = new FrameDecoder(limits.child.maxFrameBytes);
    this.#pipe.on('data', (chunk: Buffer) => this.#read(decoder, chunk));
    for (const stream of this.#process.stdio) stream?.on('error', () => {});
    this.#pipe.on('error', () => {
      this.mayHaveBegun = false;
    });
    this.#process.stderr?.on('data', (text) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-2_000);
    });
    this.#process.on('error', (error) => this.#close(error.message));
    this.#process.on('close', (code, signal) => this.#close(`${signal ?? `exit code ${code}`} ${this.#stderr}`.trim()));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Gives it the lowest priority, for as long as it lives: only a privileged process could raise it again. */
  yieldToOthers(): void {
    try {
      if (this.pid !== undefined) setPriority(this.pid, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended already, or the system does not allow it: then it runs as the others do.
    }
  }

  /** Sends a job to an idle child, with what is known of its script. */
  start(job: Job, orders: Orders = { fresh: false, watch: false }): void {
    this.state = 'busy';
    this.job = job;
    this.owner = job.owner;
    const timeoutMs = Math.max(1, Math.round(job.deadlineAt - performance.now()));
    const head = {
      kind: job.kind,
      id: ++this.#lastId,
      owner: job.owner,
      revision: job.revision,
      timeoutMs,
      ...orders,
    };
    this.#pipe.write(encodeFrame(head, [job.script, job.input]));
  }

  /** True when it holds more memory than any script may make it hold. */
  usesTooMuchMemory(): boolean {
    return this.pid !== undefined && (residentBytes(this.pid) ?? 0) > this.#rssLimit;
  }

  kill(): void {
    this.state = 'dead';
    clearTimeout(this.startTimer);
    this.#process.kill('SIGKILL');
  }

  #read(decoder: FrameDecoder, chunk: Buffer): void {
    if (this.state === 'dead' && !this.job) return;
    try {
      for (const frame of decoder.push(chunk)) this.#handle(frame);
    } catch {
      // Bytes that are no frame: something other than our code wrote them.
      this.#process.kill('SIGKILL');
    }
  }

  #handle(frame: Frame): void {
    const { kind, id } = frame.head;
    if (kind === 'ready' && this.state === 'starting') {
      this.state = 'idle';
      this.#rssLimit = (residentBytes(this.pid ?? 0) ?? Number.POSITIVE_INFINITY) + this.#rssGrowthBytes;
      this.#listener.ready(this);
    } else if (kind === 'retire') {
      this.#listener.retire(this);
    } else if (this.job && id === this.#lastId) {
      if (kind === 'watched') this.#listener.watched(this, frame.head.changes === true);
      else this.#listener.done(this, frame);
    }
  }

  #close(detail: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.startTimer);
    this.state = 'dead';
    this.#listener.closed(this, detail);
  }
}

function nodeFlags(limits: Limits): string[] {
  return [
    // isolated-vm crashes on a heap that was made from Node's snapshot.
    '--no-node-snapshot',
    '--v8-pool-size=1',
    `--max-old-space-size=${limits.heapMb}`,
    // Should a script ever get out of its isolate: no programs, no writing of files.
    '--permission',
    '--allow-addons',
    '--allow-worker',
    '--allow-fs-read=*',
    '--no-warnings',
  ];
}
