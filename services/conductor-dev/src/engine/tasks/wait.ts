import { parseDuration, parseUntil } from '../../definitions/duration.ts';
import { badRequest } from '../../errors.ts';
import { javaText } from '../../expressions/java-text.ts';
import type { Task } from '../model.ts';
import type { SystemTask } from '../system-task.ts';

/** A wait without an end: the real server's `callbackAfterSeconds` for it. */
const FOREVER_SECONDS = 2 ** 31 - 1;

/** WAIT: for a time, until a moment, or until it is told. */
export const wait: SystemTask = {
  map(task) {
    setWait(task);
    return [];
  },
  run(task) {
    if (task.waitUntil === 0 || Date.now() < task.waitUntil) return false;
    task.status = 'COMPLETED';
    task.pollCount = 1;
    return true;
  },
};

/** @throws {ConductorError} 400 when its duration cannot be read. */
function setWait(task: Task): void {
  const { duration, until } = task.inputData;
  const durationText = javaText(duration ?? '').trim();
  const untilText = javaText(until ?? '').trim();
  const fail = (reason: string) => {
    task.status = 'FAILED_WITH_TERMINAL_ERROR';
    task.reasonForIncompletion = reason;
  };
  if (durationText !== '' && untilText !== '') {
    return fail("Both 'duration' and 'until' specified. Please provide only one input");
  }
  if (durationText !== '') {
    const seconds = parseDuration(durationText);
    if (seconds === undefined) throw badRequest(`Not valid duration: ${durationText}`);
    task.waitUntil = Date.now() + seconds * 1000;
    task.callbackAfterSeconds = seconds;
  } else if (untilText !== '') {
    const at = parseUntil(untilText);
    if (at === undefined) return fail(`Invalid/Unsupported Wait Until format.  Provided: ${untilText}`);
    task.waitUntil = at;
    task.callbackAfterSeconds = Math.max(0, Math.floor((at - Date.now()) / 1000));
  } else task.callbackAfterSeconds = FOREVER_SECONDS;
}
