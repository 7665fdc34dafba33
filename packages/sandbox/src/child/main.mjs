import { once } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Contexts } from './contexts.mjs';
import { encodeFrame, FrameDecoder } from './frames.mjs';
import { readFailure, readOutcome } from './outcome.mjs';

/**
 * A child: reads one request at a time from descriptor 3, runs it, writes what came of it. Everything is synchronous,
 * because a hop to another thread costs 80 µs and a run 20. What hangs here is the parent's to kill; when the parent is
 * gone, `life.mjs` kills.
 */
const pipe = 3;
const options = JSON.parse(process.argv[2]);
const contexts = new Contexts(options);
const decoder = new FrameDecoder(options.maxFrameBytes);
const chunk = Buffer.allocUnsafe(65_536);

/** @param {Record<string, unknown>} head @param {string[]} [texts] */
function send(head, texts) {
  const frame = encodeFrame(head, texts);
  for (let sent = 0; sent < frame.length; ) sent += writeSync(pipe, frame, sent);
}

/**
 * @param {{ id: number, owner: string, revision: string, timeoutMs: number, fresh: boolean, watch: boolean }} head
 * @param {string[]} texts
 */
function run({ id, owner, revision, timeoutMs, fresh, watch }, [script, input]) {
  const context = contexts.take(owner, revision, script, fresh);
  const begin = performance.now();
  let outcome = attempt(context, script, input, timeoutMs);
  if (outcome.code === 'script-failed' && !outcome.syntax) {
    const left = Math.floor(timeoutMs - (performance.now() - begin));
    const another = left >= 1 ? contexts.again() : undefined;
    if (another) {
      outcome = attempt(another, script, input, left);
      if (outcome.code === undefined) contexts.keepFresh();
    }
  }
  const durationMs = performance.now() - begin;
  const { text, ...rest } = outcome.syntax ? withPosition(outcome, owner, script) : outcome;
  const timeLeftMs = timeoutMs - durationMs;
  const watched = watch && contexts.canWatch(timeLeftMs);
  send({ kind: 'done', id, durationMs, watched, ...rest }, [text]);
  if (watched) {
    send({ kind: 'watched', id, changes: contexts.watch(timeLeftMs) });
  }
  return durationMs;
}

/** @param {import('./context.mjs').PreparedContext} context @param {string} script @param {string} input @param {number} timeoutMs */
function attempt(context, script, input, timeoutMs) {
  const begin = performance.now();
  try {
    return readOutcome(context.run(script, input, timeoutMs), options.maxOutputBytes);
  } catch (error) {
    contexts.dispose();
    return readFailure(error, performance.now() - begin >= timeoutMs);
  }
}

/** V8 does not say where a script that was evaluated fails to compile; compiling it does. */
function withPosition(outcome, owner, script) {
  try {
    contexts.compile(owner, script);
    return outcome;
  } catch (error) {
    return { ...outcome, ...readFailure(error, false), logs: outcome.logs };
  }
}

/** @param {{ id: number, owner: string }} head @param {string[]} texts */
function check({ id, owner }, [script]) {
  const begin = performance.now();
  let outcome = { text: 'null', logs: [] };
  try {
    contexts.compile(owner, script);
  } catch (error) {
    outcome = readFailure(error, false);
  }
  const { text, ...rest } = outcome;
  send({ kind: 'done', id, durationMs: performance.now() - begin, ...rest }, [text]);
}

/** After an answer: makes the next contexts, and asks to be replaced when memory does not come back. */
function tidy(/** @type {number | undefined} */ ranMs) {
  if (contexts.prepare(ranMs) - firstRss > options.retireGrowthBytes) send({ kind: 'retire' });
}

const watcher = new Worker(new URL('./life.mjs', import.meta.url), {
  env: {},
  workerData: { selfWatchBytes: options.selfWatchBytes },
});
await once(watcher, 'message');
const firstRss = contexts.prepare();
send({ kind: 'ready' });
for (;;) {
  const length = readSync(pipe, chunk);
  if (length === 0) process.kill(process.pid, 'SIGKILL');
  for (const { head, texts } of decoder.push(Buffer.from(chunk.subarray(0, length)))) {
    tidy(head.kind === 'run' ? run(head, texts) : check(head, texts));
  }
}
