import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

/**
 * Short workflows a second, start and status, of conductor-dev and, when CONDUCTOR_SERVER_URL names one, of a real
 * Conductor in the same run: `node services/conductor-dev/bench.ts`. Both do the same number of workflows at most, in the
 * same time at most. What conductor-dev does in a second of its own processor time says how much one core can do; the rate
 * depends on this process too, which makes the calls.
 */

const CALLERS = 8;
const WORKFLOWS = 20_000;
const LONGEST_MS = 15_000;
const WARM_UP = 3000;
/** Linux counts a process's time in hundredths of a second. */
const TICKS = 100;

const name = `bench_${Date.now().toString(36)}`;
const definition = {
  name,
  version: 1,
  ownerEmail: 'bench@example.com',
  tasks: [
    {
      name: 'set',
      taskReferenceName: 'set',
      type: 'SET_VARIABLE',
      inputParameters: { greeting: 'hello ${workflow.input.name}' },
    },
  ],
  outputParameters: { greeting: '${workflow.variables.greeting}' },
};
const start = JSON.stringify({ name, version: 1, input: { name: 'bench' } });
const json = { 'content-type': 'application/json' };

class Caller {
  readonly #pool: Pool;
  readonly #base: string;

  constructor(api: string) {
    const { origin, pathname } = new URL(api);
    this.#pool = new Pool(origin, { connections: CALLERS, pipelining: 1 });
    this.#base = pathname.replace(/\/$/, '');
  }

  async request(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    const given = body === undefined ? {} : { body, headers: json };
    const answer = await this.#pool.request({ method, path: this.#base + path, ...given });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return text;
  }

  async oneWorkflow(): Promise<void> {
    const id = await this.request('POST', '/workflow', start);
    for (;;) {
      const status = await this.request('GET', `/workflow/${id}/status?includeOutput=true&includeVariables=false`);
      if (status.includes('"COMPLETED"')) return;
      if (!status.includes('"RUNNING"')) throw new Error(status);
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** Does up to `count` workflows; gives how many and in how many seconds. */
async function doWorkflows(caller: Caller, count: number): Promise<{ done: number; seconds: number }> {
  const began = performance.now();
  let [begun, done] = [0, 0];
  const one = async () => {
    while (begun < count && performance.now() - began < LONGEST_MS) {
      begun += 1;
      await caller.oneWorkflow();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, one));
  return { done, seconds: (performance.now() - began) / 1000 };
}

async function measure(api: string, cpuSeconds?: () => Promise<number>) {
  const caller = new Caller(api);
  try {
    await caller.request('POST', '/metadata/workflow?overwrite=true', JSON.stringify(definition));
    await doWorkflows(caller, WARM_UP);
    const before = await cpuSeconds?.();
    const { done, seconds } = await doWorkflows(caller, WORKFLOWS);
    const after = await cpuSeconds?.();
    const cpu = before === undefined || after === undefined ? undefined : after - before;
    return { rate: done / seconds, perCore: cpu === undefined ? undefined : done / cpu, done };
  } finally {
    await caller.close();
  }
}

async function startConductorDev() {
  const main = fileURLToPath(new URL('./src/main.ts', import.meta.url));
  const env = { PATH: process.env.PATH, CONDUCTOR_DEV_PORT: '0', OPS_PORT: '0' };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const api = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`conductor-dev ended with ${code}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const http = /"http":"([^"]+)"/.exec(text)?.[1];
      if (http) resolve(`${http}/api`);
    });
  });
  /** User and system time of the process so far; undefined where there is no /proc. */
  const cpuSeconds = async () => {
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => undefined);
    const [user, system] =
      stat
        ?.slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
        .map(Number) ?? [];
    return ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS;
  };
  return { api, cpuSeconds, stop: () => child.kill('SIGTERM') };
}

const show = (label: string, { rate, perCore, done }: Awaited<ReturnType<typeof measure>>) => {
  const core = perCore === undefined || Number.isNaN(perCore) ? '' : `, ${perCore.toFixed(0)} in a second of one core`;
  console.log(`${label}: ${rate.toFixed(0)} workflows/s with ${CALLERS} callers${core} (${done} done)`);
};

const dev = await startConductorDev();
const own = await measure(dev.api, dev.cpuSeconds);
dev.stop();
show('conductor-dev', own);
const real = process.env.CONDUCTOR_SERVER_URL;
if (real) {
  const other = await measure(real);
  show(`Conductor at ${real}`, other);
  console.log(`conductor-dev does ${(own.rate / other.rate).toFixed(1)} times as many`);
}
