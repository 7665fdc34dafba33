import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call, publish, register } from './support.ts';

/**
 * Conductor dies or freezes under load: the embedded one, or (it freezes only) the one that CONDUCTOR_SERVER_URL names, whose
 * process is CONDUCTOR_PID.
 */
const url = process.env.CONDUCTOR_SERVER_URL;
const realPid = Number(process.env.CONDUCTOR_PID ?? 0);
let gateway: Gateway;
let port: number;

beforeAll(async () => {
  const env = { executor: { CONDUCTOR_CALL_TIMEOUT_MS: '2000' } };
  gateway = await startGateway({ env, ...(url ? { conductor: { url } } : {}) });
  port = Number(new URL(gateway.conductorUrl).port);
  await define();
  await publish(gateway, 'away', [
    { httpMethod: 'POST', path: '/quick', mappedWorkflow: { name: 'quick', version: 1 }, timeoutInSeconds: 10 },
    {
      ...{ httpMethod: 'POST', path: '/limited', mappedWorkflow: { name: 'quick', version: 1 }, timeoutInSeconds: 10 },
      rateLimitConfig: { rateLimitKey: 'all', concurrentExecLimit: 20 },
    },
  ]);
});
afterAll(() => gateway?.stop());

function define(): Promise<void> {
  const set = { name: 'set', taskReferenceName: 'set', type: 'SET_VARIABLE', inputParameters: { n: 1 } };
  return register(gateway, { name: 'quick', tasks: [set], outputParameters: { n: '${workflow.input.n}' } });
}

const quick = (path = '/away/quick') => call(gateway, 'POST', path, { body: { n: 1 } });

/** Callers that try again and again until `over`; gives what they were told, in order, with the time each took (ms). */
async function hammer(over: () => boolean): Promise<(Answer & { tookMs: number })[]> {
  const answers: (Answer & { tookMs: number })[] = [];
  const caller = async (path: string) => {
    while (!over()) {
      const from = performance.now();
      const answer = await quick(path);
      answers.push({ ...answer, tookMs: performance.now() - from });
      if (answer.status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const paths = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? '/away/quick' : '/away/limited'));
  await Promise.all(paths.map(caller));
  return answers;
}

/** Makes Conductor go away under load, waits until calls are refused at once, brings it back; gives what callers were told. */
async function outage(away: () => Promise<void>, back: () => Promise<void>) {
  let over = false;
  const hammering = hammer(() => over);
  await away();
  await waitFor(async () => (await quick()).body.type?.endsWith('#conductor-failing'), {
    what: 'calls to be refused at once',
    timeoutMs: 20_000,
  });
  const refused = await quick();
  await back();
  const from = performance.now();
  await waitFor(async () => (await quick()).status === 200, { what: 'service to be back', timeoutMs: 10_000 });
  const backAfterMs = performance.now() - from;
  over = true;
  return { answers: await hammering, refused, backAfterMs };
}

describe.skipIf(url !== undefined && realPid === 0)('Conductor', () => {
  it.skipIf(url !== undefined)(
    'dies under load: callers are told at once, and served again soon after it is back',
    async () => {
      const { answers, refused, backAfterMs } = await outage(
        async () => {
          await gateway.stack.services['conductor-dev'][0]?.stop('SIGKILL');
        },
        async () => {
          await gateway.stack.add('conductor-dev', {}, port);
          await define();
        },
      );
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(backAfterMs, 'two seconds, and what a busy machine adds').toBeLessThan(4_000);
      // Those in flight when it died may have been cut; nobody got anything but an honest answer.
      expect(
        [...new Set(answers.map(({ status }) => status))].filter((status) => ![200, 502, 503].includes(status)),
      ).toEqual([]);
    },
  );

  it('freezes under load: callers are told before long, and served again soon after it goes on', async () => {
    const pid = url === undefined ? (gateway.stack.services['conductor-dev'][0]?.pid as number) : realPid;
    const { answers, refused, backAfterMs } = await outage(
      async () => {
        process.kill(pid, 'SIGSTOP');
      },
      async () => {
        process.kill(pid, 'SIGCONT');
      },
    );
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(backAfterMs).toBeLessThan(4_000);
    // A start that was in flight may have been done: 504. One whose workflow runs: 202, or 502 for a look that failed.
    const told = new Set(answers.map(({ status }) => status));
    expect([...told].filter((status) => ![200, 202, 502, 503, 504].includes(status))).toEqual([]);
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(12_000);
  });

  it('leaves no permit taken behind', async () => {
    expect((await quick('/away/limited')).status).toBe(200);
    const executor = gateway.stack.services.executor[0]?.ready['ops'] as string;
    const metrics = async () => (await fetch(`${executor}/metrics`)).text();
    // Starts of unknown fate are looked for until their latest moment is over, and those that run until they end.
    await waitFor(async () => /^rostrum_executor_permits_watched 0$/m.test(await metrics()), { timeoutMs: 30_000 });
    const text = await metrics();
    expect(text).toMatch(/^rostrum_executor_permits_held 0$/m);
    expect(text).toMatch(/^rostrum_executor_conductor_failing 0$/m);
    expect(text).toMatch(/^rostrum_executor_conductor_queued 0$/m);
  });
});
