import { parentPort } from 'node:worker_threads';
import { loadJq } from 'jq-wasm';

/** A program to run, its input as JSON. */
export interface JqRequest {
  program: string;
  input: string;
}

/** The results, one JSON text a line; or what is wrong with the program or its input. */
export type JqAnswer = { results: string } | { fault: string };

/** The most text taken of one program: the real server's limit for a task's output. */
const MAX_CHARACTERS = 10 * 1024 * 1024;

const jq = await loadJq();

parentPort?.on('message', ({ program, input }: JqRequest) => {
  // A program that begins with `-` would be taken for an option of jq's command line.
  const { stdout, stderr, exitCode } = jq.raw(input, ` ${program}`, ['-c']);
  const answer = (): JqAnswer => {
    if (exitCode !== 0) return { fault: stderr };
    if (stdout.length > MAX_CHARACTERS) return { fault: `the result is longer than ${MAX_CHARACTERS} characters` };
    return { results: stdout };
  };
  parentPort?.postMessage(answer(), []);
});
