import { connect } from '@nats-io/transport-node';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bus, type BusError, joinBus } from '../src/bus/index.ts';
import { answerItem, requestItem } from '../src/bus/items.ts';
import { decodeMessage, encodeMessage } from '../src/codec/index.ts';

const nats = useNats({ config: 'max_payload: 65536' });
const open: Bus[] = [];

async function join(name = namespace(), onFault: (error: unknown) => void = () => {}): Promise<Bus> {
  const bus = await joinBus({ url: nats.url, namespace: name, service: 'test', onFault });
  open.push(bus);
  return bus;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const later = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: BusError) => error.fault,
  );

describe('the bus', () => {
  it('answers each of many requests with its own answer, in far fewer messages', async () => {
    const name = namespace();
    const [asker, server] = await Promise.all([join(name), join(name)]);
    server.serve('s.echo', 'q', ({ payload }) => payload);
    await server.nats.flush();
    const before = asker.nats.stats();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => asker.request('s.echo', Buffer.from(`n${i}`), { timeoutMs: 5_000 })),
    );
    expect(answers.map(text)).toEqual(Array.from({ length: 500 }, (_, i) => `n${i}`));
    const after = asker.nats.stats();
    expect(after.outMsgs - before.outMsgs).toBeLessThan(5);
    expect(after.inMsgs - before.inMsgs).toBeLessThan(20);
    expect(asker.pending).toBe(0);
    const { sent, pending, held } = asker.stats();
    expect([sent.request.items, sent.request.batches < 5, pending, held]).toEqual([500, true, 0, 0]);
    expect([server.stats().sent.answer.items, server.stats().sent.answer.batches < 20]).toEqual([500, true]);
  });

  it('lets no slow item hold back its neighbours in the batch', async () => {
    const bus = await join();
    let release = () => {};
    const slow = new Promise<void>((resolve) => (release = resolve));
    bus.serve('s.mixed', 'q', async ({ payload }) => {
      if (text(payload) === 'slow') await slow;
      return payload;
    });
    const order: string[] = [];
    const ask = (what: string) =>
      bus.request('s.mixed', Buffer.from(what), { timeoutMs: 5_000 }).then(() => order.push(what));
    const first = ask('slow');
    await Promise.all([ask('a'), ask('b')]);
    expect(order).toEqual(['a', 'b']);
    release();
    await first;
    expect(order).toEqual(['a', 'b', 'slow']);
  });

  it('keeps an item’s fault with the item', async () => {
    const faults: unknown[] = [];
    const bus = await join(namespace(), (error) => void faults.push(error));
    bus.serve('s.faulty', 'q', ({ payload }) => {
      if (text(payload) === 'bad') throw new Error('boom');
      return payload;
    });
    const ask = (what: string) => faultOf(bus.request('s.faulty', Buffer.from(what), { timeoutMs: 5_000 }));
    expect(await Promise.all([ask('good'), ask('bad'), ask('good')])).toEqual(['answered', 'failed', 'answered']);
    expect(faults).toHaveLength(1);
  });

  it('says at once that nobody serves a subject', async () => {
    const bus = await join();
    const asks = [1, 2, 3].map(() => faultOf(bus.request('s.nobody', Buffer.of(1), { timeoutMs: 60_000 })));
    expect(await Promise.all(asks)).toEqual(['no-responders', 'no-responders', 'no-responders']);
  });

  it('ends a request that nobody answers at its deadline, and ignores the late answer', async () => {
    const bus = await join();
    let finished = false;
    bus.serve('s.late', 'q', async ({ payload }) => {
      await later(200, undefined);
      finished = true;
      return payload;
    });
    expect(await faultOf(bus.request('s.late', Buffer.of(1), { timeoutMs: 50 }))).toBe('deadline-exceeded');
    await waitFor(() => finished);
    expect(bus.pending).toBe(0);
  });

  it('tells the handler how much time is left, and answers expired work as such', async () => {
    const bus = await join();
    const remaining: number[] = [];
    bus.serve('s.deadline', 'q', ({ payload, deadline }) => {
      remaining.push(deadline.remaining());
      return payload;
    });
    await bus.request('s.deadline', Buffer.of(1), { timeoutMs: 3_000 });
    expect(remaining[0]).toBeGreaterThan(2_000);
    expect(remaining[0]).toBeLessThanOrEqual(3_000);
    expect(await faultOf(bus.request('s.deadline', Buffer.of(1), { timeoutMs: 0, graceMs: 2_000 }))).toBe(
      'deadline-exceeded',
    );
    expect(remaining).toHaveLength(1);
  });

  it('refuses a request larger than NATS carries, splits batches that are, and says so of an answer', async () => {
    const bus = await join();
    bus.serve('s.size', 'q', ({ payload }) => (payload.length === 1 ? Buffer.alloc(70_000) : payload.subarray(0, 5)));
    const ask = (bytes: number) => faultOf(bus.request('s.size', Buffer.alloc(bytes), { timeoutMs: 5_000 }));
    const asks = [ask(70_000), ...Array.from({ length: 5 }, () => ask(30_000)), ask(1)];
    const all = await Promise.all(asks);
    expect(all).toEqual(['too-large', ...Array.from({ length: 5 }, () => 'answered'), 'response-too-large']);
  });

  it('sends executions one to a message where it is told to', async () => {
    const bus = await join();
    bus.serve('s.single', 'q', ({ payload }) => payload);
    const before = bus.nats.stats().outMsgs;
    await Promise.all(
      Array.from({ length: 20 }, () => bus.request('s.single', Buffer.of(1), { timeoutMs: 5_000, maxItems: 1 })),
    );
    expect(bus.nats.stats().outMsgs - before).toBeGreaterThanOrEqual(20);
  });

  it('survives garbage, foreign versions and changed bytes on a served subject, and goes on serving', async () => {
    const faults: unknown[] = [];
    const bus = await join(namespace(), (error) => void faults.push(error));
    bus.serve('s.garbage', 'q', ({ payload }) => payload);
    const raw = await connect({ servers: nats.url });
    await bus.nats.flush();
    const message = encodeMessage('request', { sender: 'x', sentAt: 1 }, [Buffer.from('not a request')]);
    const foreign = Buffer.from(message);
    foreign[0] = 99;
    const changed = Buffer.from(message);
    changed[message.length - 1] = 0;
    for (const data of [Buffer.alloc(0), Buffer.of(1, 2, 3), message, foreign, changed]) raw.publish('s.garbage', data);
    await raw.drain();
    await waitFor(() => faults.length === 5);
    expect(text(await bus.request('s.garbage', Buffer.from('still here'), { timeoutMs: 5_000 }))).toBe('still here');
  });

  it('tells the sender that the other side reads another codec version', async () => {
    const bus = await join();
    const old = await connect({ servers: nats.url });
    const inbox = bus.subjects.inbox('test', bus.process);
    // A responder that cannot read the message answers on its own reply subject, as Responder does.
    old.subscribe('s.old', {
      callback: (_error, { reply }) => {
        expect(reply?.startsWith(inbox)).toBe(true);
        const unreadable = encodeMessage('answer', { sender: 'old', sentAt: 1 }, []);
        unreadable[0] = 99;
        old.publish(reply as string, unreadable);
      },
    });
    await old.flush();
    expect(await faultOf(bus.request('s.old', Buffer.of(1), { timeoutMs: 5_000 }))).toBe('malformed');
    await old.close();
  });

  it('answers the neighbours of an answer that cannot be read', async () => {
    const bus = await join();
    const odd = await connect({ servers: nats.url });
    const answer = (id: number) => answerItem.encode({ id, fault: '', payload: Buffer.of(id) });
    odd.subscribe('s.odd', {
      callback: (_error, { data }) => {
        const requests = decodeMessage(data).items.map((item) => requestItem.decode(item as Uint8Array));
        const items = requests.map(({ id }, place) => (place === 0 ? Buffer.of(99, 1, 2) : answer(id)));
        odd.publish(requests[0]?.replyTo ?? '', encodeMessage('answer', { sender: 'odd', sentAt: 1 }, items));
      },
    });
    await odd.flush();
    const asks = [1, 2, 3].map(() => faultOf(bus.request('s.odd', Buffer.of(1), { timeoutMs: 300 })));
    expect(await Promise.all(asks)).toEqual(['deadline-exceeded', 'answered', 'answered']);
    await odd.close();
  });

  it('drains: what was taken is answered, what comes after finds nobody', async () => {
    const name = namespace();
    const [asker, server] = await Promise.all([join(name), join(name)]);
    const responder = server.serve('s.drain', 'q', ({ payload }) => later(150, payload));
    await server.nats.flush();
    const taken = faultOf(asker.request('s.drain', Buffer.of(1), { timeoutMs: 5_000 }));
    await waitFor(() => responder.active === 1);
    const left = responder.leave();
    expect(await taken).toBe('answered');
    await left;
    expect(await faultOf(asker.request('s.drain', Buffer.of(1), { timeoutMs: 5_000 }))).toBe('no-responders');
  });

  it('runs every item once, on its own pool, with two pools of two executors each', async () => {
    const name = namespace();
    const asker = await join(name);
    const runs = new Map<string, string[]>();
    for (const pool of ['red', 'blue']) {
      for (const _ of [1, 2]) {
        const executor = await join(name);
        executor.serve(executor.subjects.execute(pool), 'execute', ({ payload }) => {
          runs.set(text(payload), [...(runs.get(text(payload)) ?? []), pool]);
          return payload;
        });
        await executor.nats.flush();
      }
    }
    await Promise.all(
      Array.from({ length: 400 }, (_, i) => {
        const pool = i % 3 === 0 ? 'red' : 'blue';
        const subject = asker.subjects.execute(pool);
        return asker.request(subject, Buffer.from(`${pool} ${i}`), { timeoutMs: 5_000, maxItems: 1 });
      }),
    );
    expect(runs.size).toBe(400);
    for (const [item, pools] of runs) expect(pools, item).toEqual([item.split(' ')[0]]);
  });

  it('tells all who listen, and a listener that throws harms nobody', async () => {
    const name = namespace();
    const [a, b] = await Promise.all([join(name), join(name)]);
    const heard: string[] = [];
    a.listen('s.news', () => {
      throw new Error('boom');
    });
    for (const bus of [a, b]) bus.listen('s.news', (payload) => heard.push(text(payload)));
    await Promise.all([a.nats.flush(), b.nats.flush()]);
    a.announce('s.news', Buffer.from('x'));
    await waitFor(() => heard.length === 2);
  });
});

describe('a bus whose NATS goes away', () => {
  const fragile = useNats();
  const joinFragile = async (name: string) => {
    const bus = await joinBus({ url: fragile.url, namespace: name, service: 'test', onFault: () => {} });
    open.push(bus);
    return bus;
  };

  it('refuses new requests at once, and delivers after the reconnect the answer of one in flight', async () => {
    const name = namespace();
    const [asker, server] = await Promise.all([joinFragile(name), joinFragile(name)]);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const responder = server.serve('s.reconnect', 'q', async ({ payload }) => {
      await held;
      return payload;
    });
    await server.nats.flush();
    const inFlight = asker.request('s.reconnect', Buffer.from('kept'), { timeoutMs: 20_000 });
    const expiring = faultOf(asker.request('s.reconnect', Buffer.from('lost'), { timeoutMs: 100 }));
    await waitFor(() => responder.active === 2);

    await fragile.stop('SIGKILL');
    await waitFor(() => !asker.connected && !server.connected);
    expect(await faultOf(asker.request('s.reconnect', Buffer.of(1), { timeoutMs: 5_000 }))).toBe('disconnected');
    expect(await expiring).toBe('deadline-exceeded');
    release();
    await waitFor(() => responder.active === 0);

    await fragile.start();
    const back = performance.now();
    expect(text(await inFlight)).toBe('kept');
    await waitFor(
      async () => (await faultOf(asker.request('s.reconnect', Buffer.of(2), { timeoutMs: 500 }))) === 'answered',
    );
    expect(performance.now() - back).toBeLessThan(2_000);
  });

  it('delivers the answers that went into a connection nobody knew was dead, and each of them once', async () => {
    const name = namespace();
    const [asker, server] = await Promise.all([joinFragile(name), joinFragile(name)]);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const responder = server.serve('s.frozen', 'q', async ({ payload }) => {
      if (text(payload) === 'during') await held;
      return payload;
    });
    await server.nats.flush();
    const ask = (what: string) => asker.request('s.frozen', Buffer.from(what), { timeoutMs: 60_000 });
    const during = ask('during');
    expect(text(await ask('before'))).toBe('before');
    expect(responder.active).toBe(1);

    process.kill(fragile.pid as number, 'SIGSTOP');
    try {
      release();
      await waitFor(() => server.stats().sent.answer.items === 2);
      expect([asker.connected, server.connected]).toEqual([true, true]);
      await waitFor(() => !asker.connected && !server.connected, { timeoutMs: 15_000 });
    } finally {
      process.kill(fragile.pid as number, 'SIGCONT');
    }
    expect(text(await during)).toBe('during');
    // Both were sent again; the asker had one of them already.
    expect(server.stats().sent.answer.items).toBeGreaterThanOrEqual(4);
    expect(asker.pending).toBe(0);
    expect(text(await ask('after'))).toBe('after');
  }, 40_000);
});
