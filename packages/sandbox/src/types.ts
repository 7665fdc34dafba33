export interface SandboxOptions {
  /** Scripts that run at the same time, each in a process of its own. Default: two a core, at least 2, at most 16. */
  size?: number;
  /** Further processes kept ready to take the place of one that was killed. Default 1. */
  spares?: number;
  /** What a script may use (MB). Its process is killed when it has grown by twice that and 64 MB. Least 8, default 64. */
  memoryLimitMb?: number;
  /** How long after a run's deadline its process is killed, if it has not ended the script itself (ms). Default 100. */
  graceMs?: number;
  /** Largest script and largest `$` (UTF-8 bytes of each). Default 4 MiB. */
  maxInputBytes?: number;
  /** Largest result (UTF-8 bytes). Default 4 MiB. */
  maxOutputBytes?: number;
  /** Runs that may wait for a process, half of them at most of one owner. Default 1,000. */
  queueLimit?: number;
  /** Told what happens to the processes; must not throw. */
  onEvent?(event: SandboxEvent): void;
}

/** What happened to the processes. `ms` is the time from spawn to ready. */
export type SandboxEvent =
  | { type: 'child-ready'; pid: number; ms: number }
  | { type: 'child-killed'; pid: number; reason: 'timeout' | 'memory'; owner: string; revision: string }
  | { type: 'child-retired'; pid: number }
  | { type: 'child-lost'; pid: number | undefined; detail: string }
  | { type: 'run-moved'; owner: string; revision: string }
  | { type: 'revision-penalised'; owner: string; revision: string };

export interface ScriptRun {
  script: string;
  /** JSON text of `$`. */
  input: string;
  /**
   * Milliseconds from the call until the script must have ended. Waiting for a process counts: a run that has waited for
   * half of it is refused as `sandbox-overloaded`, so a script that begins has at least the other half.
   */
  deadlineMs: number;
  /** Whom the script belongs to (a service): isolates are not shared across owners. */
  owner: string;
  /** Names the script's version, such as `service@revision:pre`. */
  revision: string;
  /** Rejects the run with the signal's reason. A script that has begun runs on, unheard, to its deadline at most. */
  signal?: AbortSignal;
}

export interface ScriptResult {
  /** JSON text; "null" when the script's value is undefined. */
  output: string;
  /** Milliseconds inside the isolate. */
  durationMs: number;
  /** Lines of `console.log`: at most 100 of at most 1,000 characters. */
  logs: string[];
}

export interface SandboxStats {
  /** Processes that are ready or running. */
  ready: number;
  running: number;
  waiting: number;
  /** Since the start. */
  runs: number;
  kills: number;
  /** Every process there is, also one that is still starting or ending. */
  children: ChildStats[];
}

export interface ChildStats {
  pid: number | undefined;
  /** Whose isolate it holds. */
  owner: string | undefined;
  /** A run was given to it. */
  running: boolean;
  /** It is the child of penalised revisions. */
  penalty: boolean;
}

/** Runs untrusted scripts in child processes. */
export interface Sandbox {
  /** @throws {ScriptError}; with `signal` its reason */
  run(run: ScriptRun): Promise<ScriptResult>;
  /** Compiles a script without running it. @throws {ScriptError} `script-failed`, with its line and column */
  check(script: string): Promise<void>;
  stats(): SandboxStats;
  /** Rejects what waits and what runs as `sandbox-closed`; resolves when no child process is left. */
  close(): Promise<void>;
}
