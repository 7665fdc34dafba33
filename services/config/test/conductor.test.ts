import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, joinClient } from './client.ts';
import { type Replica, route, startReplica } from './replica.ts';

/** A Conductor that has these paths (without `/api`), and can be made to hang. */
async function startConductor() {
  const has = new Map<string, unknown>();
  const calls: { path: string; token: string | undefined }[] = [];
  const state = { hangs: false, token: undefined as string | undefined };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/^\/api/, '');
    const token = request.headers['x-authorization'] as string | undefined;
    calls.push({ path, token });
    if (state.hangs) return;
    if (path === '/token' && state.token) return void response.end(JSON.stringify({ token: state.token }));
    if (state.token && token !== state.token) return void response.writeHead(401).end('{}');
    if (!has.has(path)) return void response.writeHead(404).end('{"message":"not here"}');
    response.end(JSON.stringify(has.get(path)));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { has, calls, state, url, close };
}

const nats = useNats();
const space = namespace();
let conductor: Awaited<ReturnType<typeof startConductor>>;
let replica: Replica;
let client: Client;
beforeAll(async () => {
  conductor = await startConductor();
  replica = await startReplica(nats.url, space, { CONDUCTOR_SERVER_URL: `${conductor.url}/` });
  client = await joinClient(nats.url, space);
});
afterAll(async () => {
  await client.close();
  await replica.drain();
  conductor.close();
});
beforeEach(() => {
  conductor.calls.length = 0;
});

let count = 0;
/** Creates a service with these routes; the paths of the routes are theirs. */
const make = (...routes: Record<string, unknown>[]) => {
  const id = `s${count++}`;
  return replica.send('POST', '/services', { id, path: `/${id}`, routes });
};
/** A route to this workflow; each path once, so that nothing is remembered from another test. */
const to = (name: string, more: Record<string, unknown> = {}) =>
  route('POST', `/r${count++}`, { ...more, mappedWorkflow: { name, ...(more['mappedWorkflow'] as object) } });

describe('what Conductor does not know', () => {
  it('is a warning in the answer, and stored all the same', async () => {
    conductor.has.set('/metadata/workflow/known', {
      tasks: [
        { taskReferenceName: 'first', type: 'SIMPLE' },
        { taskReferenceName: 'loop', type: 'DO_WHILE', loopOver: [{ taskReferenceName: 'inner', type: 'HTTP' }] },
        { taskReferenceName: 'either', type: 'SWITCH', decisionCases: { a: [{ taskReferenceName: 'case' }] } },
      ],
    });
    conductor.has.set('/metadata/workflow/dynamic', {
      tasks: [{ taskReferenceName: 'fork', type: 'FORK_JOIN_DYNAMIC' }],
    });
    const answer = await make(
      to('known', { waitUntilTasks: 'first, inner__2, case, missing' }),
      to('unknown'),
      to('known', { mappedWorkflow: { version: 7 } }),
      to('dynamic', { waitUntilTasks: 'made-later' }),
    );
    expect(answer.status).toBe(200);
    expect(answer.body.warnings).toEqual([
      { pointer: '/routes/0/waitUntilTasks', detail: expect.stringMatching(/no task .* missing/) },
      { pointer: '/routes/1/mappedWorkflow', detail: expect.stringMatching(/does not know the workflow unknown;/) },
      { pointer: '/routes/2/mappedWorkflow', detail: expect.stringMatching(/workflow known in version 7/) },
    ]);
    const shown = await replica.send('GET', `/services/${answer.body.id}`);
    expect(shown.body, 'they are of the write').not.toHaveProperty('warnings');
    expect(await replica.send('PUT', `/services/${answer.body.id}`, answer.body), 'sent back').toMatchObject({
      status: 200,
    });

    const added = await replica.send('POST', `/services/${answer.body.id}/routes`, to('unknown'));
    expect(added.body.warnings).toMatchObject([{ pointer: '/mappedWorkflow' }]);
    const put = await replica.send('PUT', `/services/${answer.body.id}/routes`, added.body);
    expect(put.body.warnings).toMatchObject([{ pointer: '/mappedWorkflow' }]);
    const fine = await replica.send('POST', `/services/${answer.body.id}/routes`, to('known'));
    expect(fine.body).not.toHaveProperty('warnings');
  });

  it('is asked once for many routes', async () => {
    await make(...Array.from({ length: 30 }, () => to('asked-once')));
    await make(to('asked-once'));
    expect(conductor.calls).toHaveLength(1);
  });
});

describe('a schema of Conductor’s registry', () => {
  const input = async (service: string) => {
    const head = await waitFor(() => client.head(service));
    return (await client.edge(service, head.revision))?.routes[0]?.inputSchema;
  };
  const schema = (name: string) => ({ type: 'object', title: name });

  it('is compiled in as it was at the write, ours before it, the inline copy after it', async () => {
    conductor.has.set('/schema/orkes', { name: 'orkes', version: 3, type: 'JSON', data: schema('latest') });
    conductor.has.set('/schema/orkes/2', { name: 'orkes', version: 2, data: JSON.stringify(schema('second')) });
    const refTo = (name: string, version?: number) => ({ inputSchemaRef: { name, ...(version ? { version } : {}) } });
    const latest = await make(to('w', { ...refTo('orkes'), inputSchema: schema('inline') }));
    expect(await input(latest.body.id)).toEqual(schema('latest'));
    expect(latest.body.routes[0]).toMatchObject({ inputSchema: schema('inline'), inputSchemaRef: { name: 'orkes' } });
    expect(JSON.stringify(latest.body), 'the copy is ours alone').not.toContain('"latest"');
    expect(await input((await make(to('w', refTo('orkes', 2)))).body.id)).toEqual(schema('second'));
    const inline = await make(to('w', { ...refTo('nowhere'), inputSchema: schema('inline') }));
    expect(await input(inline.body.id)).toEqual(schema('inline'));
    expect(await make(to('w', refTo('nowhere')))).toMatchObject({ status: 400 });

    await replica.send('POST', '/../../schema', { name: 'orkes', data: schema('ours') });
    expect(await input(latest.body.id)).toEqual(schema('ours'));
  });

  it('that does not compile is refused at the reference', async () => {
    conductor.has.set('/schema/broken', { name: 'broken', data: { type: 'strnig' } });
    const answer = await make(to('w', { inputSchemaRef: { name: 'broken' } }));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/routes/0/inputSchemaRef' }] } });
    expect(answer.body.detail).toMatch(/Conductor’s registry does not compile/);
  });

  it('stays as it was when the route is written again while Conductor is away', async () => {
    conductor.has.set('/schema/kept', { name: 'kept', data: schema('kept') });
    const made = await make(to('w', { inputSchemaRef: { name: 'kept' } }));
    conductor.state.hangs = true;
    const [kept] = made.body.routes;
    const path = `/services/${made.body.id}/routes`;
    const next = await startReplica(nats.url, space, { CONDUCTOR_SERVER_URL: conductor.url });
    const written = await next.send('PUT', path, { ...kept, description: 'again' });
    conductor.state.hangs = false;
    await next.drain();
    expect(written).toMatchObject({ status: 200, body: { description: 'again' } });
    expect(await input(made.body.id)).toEqual(schema('kept'));
  });
});

describe('a rollback', () => {
  it.each([false, true])('brings back what Conductor’s registry had then, Conductor away: %s', async (hangs) => {
    const [name, at] = [`then-${hangs}`, `/schema/then-${hangs}`];
    conductor.has.set(at, { name, data: { title: 'as it was then' } });
    const { id } = (await make(to('w', { inputSchemaRef: { name } }))).body;
    const [{ revision }] = (await replica.send('GET', `/services/${id}/revisions`)).body;
    await replica.send('PUT', `/services/${id}`, { routes: [] });
    conductor.has.set(at, { name, data: { title: 'as it is today' } });
    conductor.state.hangs = hangs;
    const next = await startReplica(nats.url, space, { CONDUCTOR_SERVER_URL: conductor.url });
    const back = await next.send('POST', `/services/${id}/rollback`, { revision });
    conductor.state.hangs = false;
    await next.drain();
    expect(back.status).toBe(200);
    const head = await waitFor(() => client.head(id));
    expect((await client.edge(id, head.revision))?.routes[0]?.inputSchema).toEqual({ title: 'as it was then' });
    const history = await replica.send('GET', `/services/${id}/revisions`);
    expect(JSON.stringify(history.body), 'copies are not shown').not.toContain('as it was then');
  });
});

describe('a Conductor that does not answer', () => {
  it('costs one write a second, the next nothing, and warns of nothing', async () => {
    const hung = await startConductor();
    hung.state.hangs = true;
    const other = await startReplica(nats.url, namespace(), { CONDUCTOR_SERVER_URL: hung.url });
    const timed = async (id: string) => {
      const begin = performance.now();
      const routes = Array.from({ length: 40 }, (_, index) =>
        route('GET', `/${index}`, { mappedWorkflow: { name: `w${index}` } }),
      );
      const answer = await other.send('POST', '/services', { id, path: `/${id}`, routes });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toHaveProperty('warnings');
      return performance.now() - begin;
    };
    expect(await timed('first')).toBeLessThan(2_500);
    expect(await timed('second')).toBeLessThan(800);
    await other.drain();
    hung.close();
  });

  it('is not asked at all where config is not told of it', async () => {
    const alone = await startReplica(nats.url, namespace());
    const body = { id: 'a', path: '/a', routes: [to('unknown')] };
    expect((await alone.send('POST', '/services', body)).body).not.toHaveProperty('warnings');
    expect(conductor.calls).toEqual([]);
    await alone.drain();
  });
});

it('a Conductor that wants tokens is asked with one, and with a new one when it refuses that', async () => {
  const guarded = await startConductor();
  guarded.state.token = 'one';
  guarded.has.set('/metadata/workflow/a', { tasks: [] });
  guarded.has.set('/metadata/workflow/b', { tasks: [] });
  const other = await startReplica(nats.url, namespace(), {
    CONDUCTOR_SERVER_URL: guarded.url,
    CONDUCTOR_AUTH_KEY: 'key',
    CONDUCTOR_AUTH_SECRET: 'conductor-secret',
  });
  const names = (...list: string[]) =>
    list.map((name, index) => route('GET', `/${index}`, { mappedWorkflow: { name } }));
  const first = await other.send('POST', '/services', { id: 'a', path: '/a', routes: names('a', 'none') });
  expect(first.body.warnings).toMatchObject([{ pointer: '/routes/1/mappedWorkflow' }]);
  guarded.state.token = 'two';
  const second = await other.send('POST', '/services', { id: 'b', path: '/b', routes: names('b', 'nothing') });
  expect(second.body.warnings).toMatchObject([{ pointer: '/routes/1/mappedWorkflow' }]);
  expect(guarded.calls.filter(({ path }) => path === '/token')).toHaveLength(2);
  expect(JSON.stringify(other.log)).not.toContain('conductor-secret');
  await other.drain();
  guarded.close();
});
