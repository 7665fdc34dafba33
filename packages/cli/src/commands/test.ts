import { readFileSync } from 'node:fs';
import { orLacking, part } from '../client.ts';
import type { Context } from '../context.ts';
import { type ExitCode, exitCodes, usage } from '../exit.ts';
import { gateway } from '../plan/live.ts';

export interface TestOptions {
  script?: string;
  payload?: string;
  header?: string[];
  query?: string[];
  data?: string;
}

/** Tries a route the real way, or a script in the sandbox. Exit code 1 where it fails: a status of 400 or more. */
export async function test(context: Context, given: readonly string[], options: TestOptions): Promise<ExitCode> {
  if (options.script !== undefined) return testScript(context, options.script, options.payload);
  const [service, method, path, ...more] = given;
  if (service === undefined || method === undefined || path === undefined || more.length > 0) {
    throw usage(
      'Name the service, the method and the path under its base path, or --script: rostrum test orders GET /17',
    );
  }
  return testRoute(context, service, method.toUpperCase(), path, options);
}

interface Answer {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: unknown;
  timings?: unknown;
  workflowId?: string;
  cache?: unknown;
}

async function testRoute({ ui, client }: Context, service: string, method: string, path: string, options: TestOptions) {
  const body = {
    method,
    path,
    headers: pairs(options.header, ':', '--header'),
    query: pairs(options.query, '=', '--query'),
    ...(options.data === undefined ? {} : { body: jsonFrom(options.data) }),
  };
  const url = `${gateway}/services/${part(service)}/routes/test`;
  const { body: answer } = await orLacking('a way to try routes', client.send<Answer>('POST', url, body));
  const { paint } = ui;
  const failed = answer.status >= 400;
  ui.result(answer);
  ui.say(`${failed ? paint.red(String(answer.status)) : paint.green(String(answer.status))} ${method} ${path}`);
  if (answer.workflowId) ui.say(`workflow  ${answer.workflowId}`);
  if (answer.cache !== undefined) ui.say(`cache     ${oneLine(answer.cache)}`);
  if (answer.timings !== undefined) ui.say(`timings   ${oneLine(answer.timings)}`);
  ui.say(shown(answer.body));
  return failed ? exitCodes.failed : exitCodes.done;
}

interface ScriptAnswer {
  result?: unknown;
  error?: { message: string; line?: number; column?: number };
  logs?: unknown[];
  durationMs?: number;
}

async function testScript({ ui, client }: Context, script: string, payload: string | undefined) {
  const body = { script: readFrom(script), payload: payload === undefined ? {} : jsonFrom(`@${payload}`) };
  const url = `${gateway}/test/script`;
  const { body: answer } = await orLacking('a way to try scripts', client.send<ScriptAnswer>('POST', url, body));
  const { error, logs = [], result, durationMs } = answer;
  ui.result(answer);
  for (const line of logs) ui.say(ui.paint.dim(oneLine(line)));
  if (error) {
    const place = error.line === undefined ? script : `${script}:${error.line}:${error.column ?? 1}`;
    ui.complain(`${place}: ${error.message}`);
    return exitCodes.failed;
  }
  ui.say(shown(result));
  if (durationMs !== undefined) ui.say(ui.paint.dim(`${durationMs} ms`));
  return exitCodes.done;
}

function pairs(given: readonly string[] = [], separator: string, option: string): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf(separator);
      if (at < 1) throw usage(`${option} ${text}: write name${separator}value`);
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    }),
  );
}

/** JSON in the argument, or in the file that `@file` names; `@-` is stdin. */
function jsonFrom(text: string): unknown {
  const content = text.startsWith('@') ? readFrom(text.slice(1)) : text;
  try {
    return JSON.parse(content);
  } catch (error) {
    throw usage(`${text} is not JSON: ${(error as Error).message}`);
  }
}

function readFrom(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw usage(`${file}: ${(error as Error).message}`);
  }
}

function oneLine(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? '');
}
