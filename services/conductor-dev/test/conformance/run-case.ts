import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@rostrum/testkit';
import { expect } from 'vitest';
import type { TestedServer } from './servers.ts';
import type { Case, Expect, Http, Step, Work } from './types.ts';

/** How long the real server may take for what it does by itself: its sweeper looks every few seconds. */
const PATIENCE_MS = 90_000;

/**
 * The real server may not see that a task has ended when it looks at the workflow at that very moment, and looks again only
 * much later. It is asked to, so often.
 */
const NUDGE_EVERY_MS = 8000;

/** The real server may store the end of a workflow before that of the task which brought it. */
const STORED_WITHIN_MS = 3000;

/** A status that is not compared. */
const ANY = '*';

interface Answer {
  status: number;
  text: string;
  json: unknown;
  ms: number;
}

interface PolledTask {
  taskId: string;
  workflowInstanceId: string;
  inputData: object;
}

let cases = 0;
const run = Date.now().toString(36);

/** Runs one case, whose HTTP tasks call `target`. Throws what does not agree. */
export async function runCase(server: TestedServer, given: Case, target: string): Promise<void> {
  const prefix = `c${run}${(cases++).toString(36)}_`;
  await new CaseRun(server, prefix, target).run(given);
}

class CaseRun {
  readonly #url: string;
  readonly #isReal: boolean;
  readonly #prefix: string;
  readonly #target: string;
  readonly #names: Map<string, string>;
  #previousBegan = 0;
  /** When the server is asked to look at the workflow. */
  #nudgeAt = 0;
  /** The next task, which an update was answered with. */
  #given: PolledTask | undefined;

  constructor(server: TestedServer, prefix: string, target: string) {
    this.#url = server.url();
    this.#isReal = server.isReal;
    this.#prefix = prefix;
    this.#target = target;
    this.#names = new Map([
      ['http', target],
      ['host', new URL(target).host],
    ]);
  }

  async run({ taskDefs = [], workflows = [], steps }: Case): Promise<void> {
    if (taskDefs.length > 0) await this.#must('POST', '/metadata/taskdefs', taskDefs);
    for (const workflow of workflows) await this.#must('POST', '/metadata/workflow', workflow);
    for (const step of steps) {
      const began = performance.now();
      this.#nudgeAt = began + NUDGE_EVERY_MS;
      await this.#step(step);
      if (step.do !== 'expect') this.#previousBegan = began;
    }
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'start') {
      const { do: _, input = {}, ...rest } = step;
      const answer = await this.#must('POST', '/workflow', { name: '@@flow', input, ...rest });
      this.#names.set('id', answer.text);
    } else if (step.do === 'work') await this.#work(step);
    else if (step.do === 'expect') await this.#expect(step);
    else await this.#http(step);
  }

  async #work({ task, input, reply, via = '/tasks/update-v2', atLeastMs, as }: Work): Promise<void> {
    const path = `/tasks/poll/batch/${task}?workerid=conformance&count=1&timeout=1000`;
    const look = async () => {
      await this.#nudge();
      return (await this.#must('GET', path)).json as PolledTask[];
    };
    const found =
      this.#given ?? (await waitFor(async () => (await look())[0], { what: `task ${task}`, timeoutMs: PATIENCE_MS }));
    this.#given = undefined;
    if (atLeastMs !== undefined) expect(performance.now() - this.#previousBegan).toBeGreaterThanOrEqual(atLeastMs);
    if (as) this.#names.set(as, found.taskId);
    if (input) expect(this.#shown(found.inputData)).toEqual(input);
    if (!reply) return;
    const { taskId, workflowInstanceId } = found;
    const answer = await this.#must('POST', via, { taskId, workflowInstanceId, workerId: 'conformance', ...reply });
    if (answer.status === 200 && via === '/tasks/update-v2') this.#given = answer.json as PolledTask;
  }

  async #expect({ status, eventually, output, variables, input, reason, tasks }: Expect): Promise<void> {
    const current = (workflow: Record<string, unknown>) =>
      (workflow.tasks as object[]).map((task) => this.#shown(task));
    const hasOutput = () => output === undefined || isDeepStrictEqual(this.#shown(last.output), output);
    const hasTasks = () => tasks === undefined || matches(current(last), tasks);
    let last: Record<string, unknown> = {};
    const until = async (agrees: () => boolean, timeoutMs: number) => {
      const look = async () => {
        last = await this.#workflow();
        return agrees();
      };
      // What never agrees is compared below, which says how it differs.
      await waitFor(look, { timeoutMs, everyMs: 25 }).catch(() => {});
    };
    await until(() => last.status === status && (!eventually || (hasOutput() && hasTasks())), PATIENCE_MS);
    if (!hasTasks()) await until(hasTasks, STORED_WITHIN_MS);
    expect(this.#shown(last), 'the workflow').toMatchObject({ status });
    if (output !== undefined) expect(this.#shown(last.output), 'its output').toEqual(output);
    if (variables !== undefined) expect(this.#shown(last.variables), 'its variables').toEqual(variables);
    if (input !== undefined) expect(this.#shown(last.input), 'its input').toEqual(input);
    if (reason !== undefined) expect(this.#shown(last.reasonForIncompletion), 'its reason').toBe(reason);
    if (tasks === undefined) return;
    const stale = current(last).map((task) => this.#isReal && status !== 'RUNNING' && isStaleJoin(task));
    const wanted = tasks.map((task, index) => asMembers(stale[index] ? [task[0], ANY] : task));
    expect(current(last), 'its tasks').toMatchObject(wanted);
  }

  async #workflow(): Promise<Record<string, unknown>> {
    await this.#nudge();
    return (await this.#must('GET', '/workflow/{id}')).json as Record<string, unknown>;
  }

  /** Asks the server to look at the workflow, when the step has been waiting for long. */
  async #nudge(): Promise<void> {
    const now = performance.now();
    if (now < this.#nudgeAt || !this.#names.has('id')) return;
    this.#nudgeAt = now + NUDGE_EVERY_MS;
    await this.#request('PUT', '/workflow/decide/{id}');
  }

  async #http(step: Http): Promise<void> {
    const { method = 'GET', path, body, contentType, status, answer, keep, eventually, withinMs, atLeastMs } = step;
    let got = await this.#request(method, path, body, contentType);
    const agrees = () => holds(() => expect(this.#shown(got.json ?? got.text)).toMatchObject(answer as object));
    if (eventually && !agrees()) {
      const again = async () => {
        got = await this.#request(method, path, body, contentType);
        return agrees();
      };
      await waitFor(again, { timeoutMs: PATIENCE_MS, everyMs: 50 }).catch(() => {});
    }
    expect(got.status, `${method} ${path}: ${got.text.slice(0, 500)}`).toBe(status);
    const shown = this.#shown(got.json ?? got.text);
    if (answer !== undefined) {
      if (typeof answer === 'object') expect(shown, `${method} ${path}`).toMatchObject(answer as object);
      else expect(shown, `${method} ${path}`).toBe(answer);
    }
    if (withinMs !== undefined) expect(got.ms).toBeLessThan(withinMs);
    if (atLeastMs !== undefined) expect(got.ms).toBeGreaterThanOrEqual(atLeastMs);
    if (keep) this.#names.set(keep[0], String(keep[1] === '' ? got.text : memberAt(got.json, keep[1])));
  }

  async #must(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#request(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async #request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    const began = performance.now();
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(this.#url + this.#filled(path), {
      method,
      headers: text === undefined ? {} : { 'content-type': contentType },
      ...(text === undefined ? {} : { body: this.#filled(text) }),
    });
    const answered = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && answered !== '';
    const json = isJson ? (JSON.parse(answered) as unknown) : undefined;
    return { status: response.status, text: answered, json, ms: performance.now() - began };
  }

  /** The case's own names in the place of `@@` and `{name}`. */
  #filled(text: string): string {
    return text
      .replaceAll('@@', this.#prefix)
      .replace(/\{(\w+)\}/g, (braces, name: string) => this.#names.get(name) ?? braces);
  }

  /** What came back, as the tables write it. */
  #shown(value: unknown): unknown {
    if (typeof value === 'string') return this.#shownText(value);
    if (Array.isArray(value)) return value.map((item) => this.#shown(item));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [this.#shownText(name), this.#shown(member)]);
    return Object.fromEntries(members);
  }

  #shownText(text: string): string {
    return text
      .replaceAll(this.#prefix, '@@')
      .replaceAll(this.#target, '{http}')
      .replaceAll(new URL(this.#target).host, '{host}')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replace(/(timed out after|elapsed) \d+ seconds/g, '$1 <n> seconds');
  }
}

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/**
 * The real server may write an old state of a JOIN over its last one when it looks at the workflow at that very moment: the
 * workflow ends, and the JOIN reads IN_PROGRESS or CANCELED for ever. Then only what came of it is compared.
 */
function isStaleJoin(task: unknown): boolean {
  const { taskType, status } = task as { taskType: string; status: string };
  return taskType === 'JOIN' && (status === 'IN_PROGRESS' || status === 'CANCELED');
}

function asMembers([referenceTaskName, status, members]: [string, string, object?]) {
  return { referenceTaskName, ...(status === ANY ? {} : { status }), ...members };
}

/** Whether the tasks have the reference names and statuses of the table. */
function matches(current: unknown[], tasks: [string, string, object?][]): boolean {
  const seen = (current as { referenceTaskName: string; status: string }[]).map((task) => [
    task.referenceTaskName,
    task.status,
  ]);
  const wanted = tasks.map(([reference, status], index) => [reference, status === ANY ? seen[index]?.[1] : status]);
  return isDeepStrictEqual(seen, wanted);
}

function memberAt(value: unknown, path: string): unknown {
  const names = path.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'));
  return names.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)?.[name], value);
}
