import { describe, expect, it, onTestFinished } from 'vitest';
import { ConductorError, type ConductorFault, type Lane } from '../domain/conductor.ts';
import { Gate, type GateOptions } from './gate.ts';

/** A gate whose calls end when the test says so, in the order in which they were sent. */
function gateWith(options: Partial<GateOptions> = {}) {
  const sent: { name: string; timeoutMs: number; end(error?: Error): void }[] = [];
  const full: boolean[] = [];
  const breaker: boolean[] = [];
  let alive = true;
  let probes = 0;
  const gate = new Gate({
    ...{ maxWaiting: 1_000, maxWaitingBytes: 1_000_000, callTimeoutMs: 10_000 },
    onBreaker: (open) => breaker.push(open),
    onFull: (isFull) => full.push(isFull),
    async probe() {
      probes += 1;
      if (!alive) throw new Error('no sign of life');
    },
    ...options,
  });
  onTestFinished(() => gate.close());
  let calls = 0;
  const pass = (lane: Lane, share = 'a', { withinMs = 60_000, bytes = 0 } = {}) => {
    const name = `${lane} ${share}${++calls}`;
    const passed = gate.pass(
      { lane, share, withinMs },
      bytes,
      (timeoutMs) =>
        new Promise<string>((resolve, reject) => {
          sent.push({ name, timeoutMs, end: (error) => (error ? reject(error) : resolve(name)) });
        }),
    );
    passed.catch(() => {});
    return passed;
  };
  const names = () => sent.map(({ name }) => name.replace(/\d+$/, ''));
  return { gate, pass, sent, names, full, breaker, setAlive: (is: boolean) => (alive = is), probes: () => probes };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const faultOf = (call: Promise<unknown>) => call.then(String, ({ fault }: { fault: ConductorFault }) => fault);
const fails = (fault: ConductorFault) => new ConductorError(fault, 'no');

describe('the gate to Conductor', () => {
  it('lets no more calls through than the limit, and the next when one has ended', async () => {
    const { pass, sent, gate } = gateWith();
    for (let n = 0; n < 20; n++) void pass('start');
    const { limit } = gate.stats();
    expect([sent.length, gate.stats().waiting]).toEqual([limit, 20 - limit]);
    sent[0]?.end();
    sent[1]?.end(new Error('whatever'));
    await settled();
    expect(sent).toHaveLength(limit + 2);
  });

  it('lets routes take turns, however many calls one of them has waiting', async () => {
    const { pass, sent, names } = gateWith();
    for (let n = 0; n < 50; n++) void pass('start', 'busy');
    void pass('start', 'quiet');
    const before = sent.length;
    for (const call of sent.slice(0, 2)) call.end();
    await settled();
    expect(names().slice(before)).toContain('start quiet');
  });

  it('lets looks of those who wait go before starts, and what nobody waits for last, with a quarter of the limit', async () => {
    const { pass, sent, names, gate } = gateWith();
    for (let n = 0; n < 20; n++) void pass('watch');
    expect(sent).toHaveLength(gate.stats().limit / 4);
    for (let n = 0; n < 20; n++) void pass('start');
    for (let n = 0; n < 3; n++) void pass('look');
    const before = sent.length;
    expect(before).toBe(gate.stats().limit);
    // The first lets a watch go, since there were eight calls before it.
    for (const call of sent.slice(0, 5)) call.end();
    await settled();
    expect(
      names()
        .slice(before, before + 5)
        .filter((name) => name !== 'watch a'),
    ).toEqual([...['look a', 'look a', 'look a', 'start a']]);
    // However many starts wait, watches have their turn.
    for (let n = 0; n < 40; n++) void pass('start');
    for (let done = 5; done < sent.length && done < 60; done++) {
      sent[done]?.end();
      await settled();
    }
    expect(
      names()
        .slice(before)
        .filter((name) => name === 'watch a').length,
    ).toBeGreaterThanOrEqual(3);
  });

  it('gives a call what is left of its time, and no more than a call may take', async () => {
    const { pass, sent } = gateWith({ callTimeoutMs: 500 });
    void pass('start', 'a', { withinMs: 200 });
    void pass('start');
    expect(sent[0]?.timeoutMs).toBeLessThanOrEqual(200);
    expect(sent[1]?.timeoutMs).toBe(500);
  });

  it('refuses at once what would have its turn too late, once it knows how fast calls are answered', async () => {
    const { pass, sent } = gateWith();
    const answering = setInterval(() => sent.splice(0, 1)[0]?.end(), 10);
    onTestFinished(() => clearInterval(answering));
    const waiting = Array.from({ length: 300 }, () => pass('start'));
    // More than two windows are needed to know it, at some 60 calls a second.
    await Promise.all(waiting.slice(0, 100));
    const from = performance.now();
    const refusal = (await pass('start', 'a', { withinMs: 400 }).catch((error) => error)) as ConductorError;
    expect(refusal.fault).toBe('overloaded');
    expect(refusal.notDone).toBe(true);
    expect(performance.now() - from).toBeLessThan(50);
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    // Another route has its turn soon.
    expect(await pass('start', 'b', { withinMs: 400 })).toContain('start b');
  });

  it('refuses what waits as soon as its turn cannot come any more, before its time is up', async () => {
    const { pass, sent } = gateWith();
    const calls = Array.from({ length: 60 }, () => pass('start'));
    const answering = setInterval(() => sent.splice(0, 1)[0]?.end(), 10);
    await Promise.all(calls.slice(0, 30));
    // From now on nothing is answered.
    clearInterval(answering);
    const from = performance.now();
    expect(await faultOf(pass('start', 'a', { withinMs: 30_000 }))).toBe('overloaded');
    expect(performance.now() - from).toBeLessThan(20_000);
  }, 30_000);

  it('bounds what waits, in calls and in bytes, and says when it is full and when there is room again', async () => {
    const { pass, sent, full } = gateWith({ maxWaiting: 4, maxWaitingBytes: 100 });
    for (let n = 0; n < 8; n++) void pass('start');
    void pass('start', 'a', { bytes: 90 });
    expect(await faultOf(pass('start', 'a', { bytes: 20 }))).toBe('overloaded');
    expect(full).toEqual([true]);
    sent[0]?.end();
    await settled();
    expect(full).toEqual([true, false]);
    for (let n = 0; n < 4; n++) void pass('start');
    expect(await faultOf(pass('start'))).toBe('overloaded');
    expect(full).toEqual([true, false, true]);
  });

  it('sends starts that wait elsewhere when the process stops; looks go on', async () => {
    const { pass, gate, sent } = gateWith();
    for (let n = 0; n < 8; n++) void pass('start');
    const [start, look] = [pass('start'), pass('look')];
    gate.drain();
    expect(await faultOf(start)).toBe('suspended');
    sent[0]?.end();
    await settled();
    sent.at(-1)?.end();
    expect(await look).toContain('look');
  });
});

describe('the breaker', () => {
  it('refuses everything after five failures in a row, until a probe is answered', async () => {
    const { pass, sent, breaker, setAlive, gate } = gateWith();
    setAlive(false);
    const calls = Array.from({ length: 20 }, () => pass('start'));
    const waiting = calls.at(-1) as Promise<string>;
    for (const call of sent.slice(0, 5)) call.end(fails('unreachable'));
    await Promise.allSettled(calls.slice(0, 5));
    expect(breaker).toEqual([true]);
    expect(await faultOf(waiting)).toBe('suspended');
    expect(await faultOf(pass('look'))).toBe('suspended');
    setAlive(true);
    await expect.poll(() => gate.stats().open).toBe(false);
    void pass('look');
    expect(sent.at(-1)?.name).toContain('look');
  });

  it('stays closed for errors of single workflows, and while any call is answered', async () => {
    const { pass, sent, breaker } = gateWith();
    for (let n = 0; n < 20; n++) {
      const call = pass('start');
      const error =
        n % 2 === 0 ? fails('cut') : new ConductorError('rejected', 'no', { status: n % 4 === 1 ? 500 : 404 });
      sent.at(-1)?.end(error);
      await call.catch(() => {});
    }
    expect(breaker).toEqual([]);
  });

  it('asks a server that has gone silent whether it is there, and opens when it is not', async () => {
    const { pass, breaker, setAlive, probes, sent } = gateWith();
    setAlive(false);
    const silent = pass('start');
    await expect.poll(() => breaker, { timeout: 8_000 }).toEqual([true]);
    setAlive(true);
    await expect.poll(() => breaker).toEqual([true, false]);
    expect(probes()).toBeGreaterThan(1);
    sent[0]?.end();
    expect(await silent).toContain('start');
  }, 15_000);
});
