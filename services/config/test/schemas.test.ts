import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, joinClient } from './client.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let replica: Replica;
let client: Client;
beforeAll(async () => {
  replica = await startReplica(nats.url, space);
  client = await joinClient(nats.url, space);
});
afterAll(async () => {
  await client.close();
  await replica.drain();
});

/** A request under `/api/schema`. */
const send = (method: string, path = '', body?: unknown, headers?: Record<string, string>) =>
  replica.send(method, `/../../schema${path}`, body, headers);
const object = (...required: string[]) => ({ type: 'object', required });

describe('the registry of schemas', () => {
  it('keeps versions, which never change', async () => {
    const first = await send('POST', '', { name: 'order', type: 'JSON', data: object('a') });
    expect(first).toMatchObject({
      status: 200,
      body: { name: 'order', version: 1, type: 'JSON', data: object('a'), createdBy: 'admin' },
    });
    const second = await send('POST', '', { name: 'order', data: object('b') });
    expect(second.body).toMatchObject({ version: 2, type: 'JSON' });
    expect((await send('GET', '/order')).body).toEqual(second.body);
    expect((await send('GET', '/order/1')).body).toEqual(first.body);
    expect((await send('GET')).body).toEqual([first.body, second.body]);

    const other = await send('POST', '', { name: 'order', version: 1, data: object('c') });
    expect(other).toMatchObject({ status: 409, body: { errors: [{ pointer: '/version' }] } });
    const same = await send('POST', '', { name: 'order', version: 1, data: object('a') });
    expect(same, 'the same once more is no fault').toMatchObject({ status: 200, body: first.body });
    expect((await send('POST', '', second.body)).body, 'nor is what was read').toEqual(second.body);
    expect((await send('POST', '', { name: 'order', data: object('b') })).body).toMatchObject({ version: 2 });
    const another = await send('POST', '?newVersion=true', { name: 'order', version: 1, data: object('b') });
    expect(another.body).toMatchObject({ version: 3 });
    expect((await send('POST', '', { name: 'order', version: 9, data: true })).body).toMatchObject({ version: 9 });
  });

  it('gives back what it was given: text as text', async () => {
    const text = '{ "type":  "object" }';
    await send('POST', '', { name: 'as-text', data: text });
    expect((await send('GET', '/as-text')).body.data).toBe(text);
  });

  it('takes several at once, all of them valid or none', async () => {
    const many = await send('POST', '', [
      { name: 'many', data: {} },
      { name: 'many', data: false },
      { name: 'avro', type: 'AVRO', data: { type: 'record', name: 'r', fields: [] } },
      { name: 'elsewhere', externalRef: 'https://example.com/s.json' },
    ]);
    expect(many.body).toMatchObject([{ version: 1 }, { version: 2 }, { type: 'AVRO' }, { version: 1 }]);
    const wrong = await send('POST', '', [
      { name: 'good', data: {} },
      { name: 'b c', data: { type: 'nothing' }, colour: 1 },
      { name: 'none' },
      { name: 'text', data: '' },
    ]);
    expect(wrong.status).toBe(400);
    const pointers = wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/1/colour', '/1/name', '/2/data', '/3/data']));
    expect(await send('GET', '/good')).toMatchObject({ status: 404 });
  });

  it('takes several at once, and none when one of them is in another’s place', async () => {
    await send('POST', '', { name: 'taken', data: {} });
    const [before, after] = [
      { name: 'before', data: {} },
      { name: 'after', data: {} },
    ];
    for (const given of [
      [before, { name: 'taken', version: 1, data: false }, after],
      [before, { name: 'before', version: 1, data: false }, after],
    ]) {
      const refused = await send('POST', '', given);
      expect(refused).toMatchObject({ status: 409, body: { errors: [{ pointer: '/1/version' }] } });
      expect(await send('GET', '/before')).toMatchObject({ status: 404 });
    }
    const repeated = await send('POST', '', [before, { ...before, version: 1 }, after]);
    expect(repeated.body, 'the same twice is no fault').toMatchObject([{ version: 1 }, { version: 1 }, { version: 1 }]);
  });

  it('deletes one version or all, and gives no number out again', async () => {
    for (const data of [{}, { a: 1 }, { b: 1 }]) await send('POST', '', { name: 'gone', data });
    expect(await send('DELETE', '/gone/3')).toMatchObject({ status: 200 });
    expect((await send('GET', '/gone')).body).toMatchObject({ version: 2 });
    expect(await send('GET', '/gone/3')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect((await send('POST', '', { name: 'gone', data: { c: 1 } })).body).toMatchObject({ version: 4 });
    expect(await send('DELETE', '/gone', {})).toMatchObject({ status: 200 });
    for (const path of ['/gone', '/gone/1', '/gone/4']) expect(await send('GET', path)).toMatchObject({ status: 404 });
    expect(await send('DELETE', '/gone')).toMatchObject({ status: 404 });
    expect(await send('GET', '/gone/x')).toMatchObject({ status: 400 });
    const next = await startReplica(nats.url, space);
    const again = await next.send('POST', '/../../schema', { name: 'gone', data: {} });
    expect(again.body, 'not after a restart either').toMatchObject({ version: 5 });
    await next.drain();
  });

  it('needs a token', async () => {
    expect((await fetch(`${replica.url}/api/schema`)).status).toBe(401);
  });
});

describe('a route that refers to a schema', () => {
  /** The route's input schema in the service's newest revision, once that is past `after`. */
  const compiled = (service: string, after = 0) =>
    waitFor(async () => {
      const head = await client.head(service);
      if (!head || head.revision <= after) return undefined;
      const edge = await client.edge(service, head.revision);
      const execution = await client.execution(service, head.revision);
      return {
        revision: head.revision,
        input: edge?.routes[0]?.inputSchema,
        output: execution?.routes[0]?.outputSchema,
      };
    });
  const make = (id: string, more: Record<string, unknown>) =>
    replica.send('POST', '/services', { id, path: `/${id}`, routes: [route('POST', '/x', more)] });

  it('follows the latest version, or has the one that it names', async () => {
    await send('POST', '', { name: 'followed', data: object('one') });
    const made = await make('follows', {
      inputSchemaRef: { name: 'followed' },
      outputSchemaRef: { name: 'followed', version: 1 },
      inputSchema: { inline: true },
    });
    expect(made.body.routes[0], 'the inline copy is kept beside it').toMatchObject({ inputSchema: { inline: true } });
    await make('unrelated', {});
    const first = await compiled('follows');
    expect(first).toMatchObject({ input: object('one'), output: object('one') });
    const unrelated = await client.head('unrelated');

    await send('POST', '', { name: 'followed', data: JSON.stringify(object('two')) });
    const second = await compiled('follows', first.revision);
    expect(second).toMatchObject({ input: object('two'), output: object('one') });
    expect(await client.head('unrelated')).toEqual(unrelated);
    const pinned = await client.edge('follows', first.revision);
    expect(pinned?.routes[0]?.inputSchema, 'a revision stays as it was compiled').toEqual(object('one'));

    await send('DELETE', '/followed/2');
    expect(await compiled('follows', second.revision)).toMatchObject({ input: object('one') });
  });

  it('keeps the schema from being deleted, unless it has a copy of its own', async () => {
    await send('POST', '', { name: 'needed', data: object('x') });
    await make('needs', { inputSchemaRef: { name: 'needed' } });
    for (const path of ['/needed', '/needed/1']) {
      const answer = await send('DELETE', path);
      expect(answer).toMatchObject({ status: 409, body: { code: 'in-use' } });
      expect(answer.body.detail).toContain('POST /x of needs');
    }
    const before = await compiled('needs');
    const copy = route('POST', '/x', { inputSchemaRef: { name: 'needed' }, inputSchema: object('y') });
    await replica.send('PUT', '/services/needs/routes', copy);
    expect((await compiled('needs', before.revision)).input, 'ours first').toEqual(object('x'));
    const { revision } = await compiled('needs');
    expect(await send('DELETE', '/needed')).toMatchObject({ status: 200 });
    expect((await compiled('needs', revision)).input).toEqual(object('y'));
  });

  it('is refused where nobody knows it and there is no copy', async () => {
    await send('POST', '', { name: 'no-json', type: 'AVRO', data: 'x' });
    for (const [ref, detail] of [
      [{ name: 'nobody' }, /no schema nobody; create it/],
      [{ name: 'followed', version: 7 }, /no schema followed in version 7/],
      [{ name: 'no-json' }, /no JSON Schema \(AVRO\)/],
    ] as const) {
      const answer = await make('refused', { inputSchemaRef: ref });
      expect(answer).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/routes/0/inputSchemaRef', detail: expect.stringMatching(detail) }] },
      });
    }
  });
});
