import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What the guard process is told; one JSON message a line. A watched process leads a process group of its own. */
export type GuardMessage =
  | { watch: number }
  | { forget: number }
  | { container: string }
  | { removed: string }
  | { project: string }
  | { downed: string }
  | { remove: string }
  | { keep: string };

/**
 * One guard process for all that this process starts, itself started with the first message. Only a process of its own
 * can clean up after this one was killed by SIGKILL; the pipe's end tells it.
 */
class Guard {
  #process: ChildProcess | undefined;
  #children = new Set<number>();
  #containers = new Set<string>();
  #projects = new Set<string>();
  #paths = new Set<string>();

  /** The guard's process id; starts it if need be. */
  get pid(): number | undefined {
    if (!this.#process) this.#start();
    return this.#process?.pid;
  }

  /** Stops the process group of `pid` when this process ends, however it ends. */
  watch(pid: number) {
    this.#children.add(pid);
    this.#tell({ watch: pid });
  }

  /** To be called as soon as the process has exited: its id may be given to another. */
  forget(pid: number) {
    this.#children.delete(pid);
    this.#tell({ forget: pid });
  }

  /** Removes the Docker container when this process ends. */
  watchContainer(container: string) {
    this.#containers.add(container);
    this.#tell({ container });
  }

  forgetContainer(removed: string) {
    this.#containers.delete(removed);
    this.#tell({ removed });
  }

  /** Removes containers, networks and volumes of a compose project when this process ends. */
  watchProject(project: string) {
    this.#projects.add(project);
    this.#tell({ project });
  }

  forgetProject(downed: string) {
    this.#projects.delete(downed);
    this.#tell({ downed });
  }

  /** Deletes a file or a directory, with all that is in it, when this process ends. */
  removeAtEnd(path: string) {
    this.#paths.add(path);
    this.#tell({ remove: path });
  }

  /** Takes {@link removeAtEnd} back. */
  keep(path: string) {
    this.#paths.delete(path);
    this.#tell({ keep: path });
  }

  #tell(message: GuardMessage) {
    // A new guard knows everything, this message included.
    if (this.#process) this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
    else this.#start();
  }

  #start() {
    const script = fileURLToPath(new URL('./guard-process.ts', import.meta.url));
    const known: GuardMessage[] = [
      ...[...this.#children].map((watch) => ({ watch })),
      ...[...this.#containers].map((container) => ({ container })),
      ...[...this.#projects].map((project) => ({ project })),
      ...[...this.#paths].map((remove) => ({ remove })),
    ];
    // As an argument: were it sent, who kills this process in between would leave a guard that knows of nothing.
    // Its working directory must not be one that somebody wants to delete.
    const child = spawn(process.execPath, [script, JSON.stringify(known)], {
      detached: true,
      cwd: tmpdir(),
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process = child;
    child.unref();
    (child.stdin as unknown as { unref(): void }).unref();
    child.stdin?.on('error', () => {});
    child.once('exit', (_, signal) => {
      // Somebody killed the guard: what is still running needs another one.
      this.#process = undefined;
      if (signal === null) return;
      const left = this.#children.size + this.#containers.size + this.#projects.size + this.#paths.size;
      if (left > 0) this.#start();
    });
  }
}

export const guard = new Guard();
