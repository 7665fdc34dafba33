import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let one: Replica;
let two: Replica;
beforeAll(async () => {
  one = await startReplica(nats.url, space);
  two = await startReplica(nats.url, space);
});
afterAll(() => Promise.all([one.drain(), two.drain()]));

const etagOf = async (replica: Replica, path: string) => (await replica.send('GET', path)).headers.get('etag') ?? '';

/** Every kind of object: where it is, how it is made, and a write that changes it. */
const objects: [string, { at: string; make: [string, string, unknown]; change: [string, string, unknown] }][] = [
  [
    'auth config',
    {
      at: '/auth/tagged',
      make: ['POST', '/auth', { id: 'tagged', authType: 'NONE' }],
      change: ['PUT', '/auth/tagged', { authType: 'NONE', audience: 'x' }],
    },
  ],
  [
    'service',
    {
      at: '/services/tagged',
      make: ['POST', '/services', { id: 'tagged', path: '/tagged', routes: [route('GET', '/a')] }],
      change: ['PUT', '/services/tagged', { name: 'x' }],
    },
  ],
  [
    'route',
    {
      at: '/services/owner/routes/route?method=GET&path=/a',
      make: ['POST', '/services/owner/routes', route('GET', '/a')],
      change: ['PUT', '/services/owner/routes', route('GET', '/a', { description: 'x' })],
    },
  ],
  [
    'service’s tags',
    {
      at: '/services/owner/tags',
      make: ['PUT', '/services/owner/tags', ['a:b']],
      change: ['PUT', '/services/owner/tags', ['c:d']],
    },
  ],
  [
    'route’s tags',
    {
      at: '/services/owner/routes/tags?method=GET&path=/a',
      make: ['PUT', '/services/owner/routes/tags?method=GET&path=/a', ['a:b']],
      change: ['DELETE', '/services/owner/routes/tags?method=GET&path=/a', ['a:b']],
    },
  ],
  [
    'schema',
    {
      at: '/../../schema/tagged',
      make: ['POST', '/../../schema', { name: 'tagged', data: {} }],
      change: ['POST', '/../../schema', { name: 'tagged', data: { type: 'object' } }],
    },
  ],
];

describe('an ETag', () => {
  beforeAll(() => one.send('POST', '/services', { id: 'owner', path: '/owner' }));

  it.each(objects)('of a %s changes exactly when it does, the same everywhere', async (_what, { at, make, change }) => {
    const made = await one.send(...make);
    expect(made.headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
    expect(await etagOf(one, at)).toBe(made.headers.get('etag'));
    await waitFor(async () => (await etagOf(two, at)) === made.headers.get('etag'));

    const stale = await two.send(...change, { 'if-match': '"something-else"' });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed' } });
    expect(stale.body.detail).toContain(made.headers.get('etag'));
    const changed = await two.send(...change, { 'if-match': made.headers.get('etag') ?? '' });
    expect(changed).toMatchObject({ status: 200 });
    expect(changed.headers.get('etag')).not.toBe(made.headers.get('etag'));

    // The second who read the first one comes too late, on whichever replica.
    expect(await one.send(...change, { 'if-match': made.headers.get('etag') ?? '' })).toMatchObject({ status: 412 });
    const again = await one.send(...change);
    expect(again.headers.get('etag'), 'the same again changes nothing').toBe(changed.headers.get('etag'));
    expect(await etagOf(one, at)).toBe(changed.headers.get('etag'));
  });

  it('is the same after a restart', async () => {
    const before = await Promise.all(objects.map(([, { at }]) => etagOf(one, at)));
    await two.drain();
    two = await startReplica(nats.url, space);
    expect(await Promise.all(objects.map(([, { at }]) => etagOf(two, at)))).toEqual(before);
    expect(new Set(before).size).toBe(before.length);
  });

  it('of a service changes with its routes, and a route’s does not with its neighbours', async () => {
    await one.send('POST', '/services/owner/routes', route('GET', '/b'));
    const [service, b] = [
      await etagOf(one, '/services/owner'),
      await etagOf(one, '/services/owner/routes/route?method=GET&path=/b'),
    ];
    await one.send('PUT', '/services/owner/routes', route('GET', '/a', { description: 'y' }));
    expect(await etagOf(one, '/services/owner')).not.toBe(service);
    expect(await etagOf(one, '/services/owner/routes/route?method=GET&path=/b')).toBe(b);
  });
});

describe('If-None-Match', () => {
  it.each(objects)('of a %s answers 304 to who has it already, and nothing else', async (_what, { at }) => {
    const { headers, body } = await one.send('GET', at);
    const tag = headers.get('etag') ?? '';
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const answer = await one.send('GET', at, undefined, { 'if-none-match': known });
      expect({ known, ...answer }).toMatchObject({ known, status: 304, body: undefined });
      expect(answer.headers.get('etag')).toBe(tag);
    }
    for (const other of ['"x"', 'W/"x"', tag.slice(1), '']) {
      const answer = await one.send('GET', at, undefined, { 'if-none-match': other });
      expect({ other, ...answer }).toMatchObject({ other, status: 200, body });
    }
  });
});

describe('If-Match', () => {
  const put = (ifMatch: string) => one.send('PUT', '/auth/listed', { authType: 'NONE' }, { 'if-match': ifMatch });

  it('takes lists, *, and no weak tags', async () => {
    await one.send('POST', '/auth', { id: 'listed', authType: 'NONE' });
    const tag = await etagOf(one, '/auth/listed');
    for (const good of [tag, `"a,b", ${tag}`, `,${tag} ,, "x"`, `W/"x", ${tag}`, '*', '*, *']) {
      expect({ good, ...(await put(good)) }).toMatchObject({ good, status: 200 });
    }
    const weak = await put(`W/${tag}`);
    expect(weak).toMatchObject({ status: 412, body: { detail: expect.stringMatching(/weak tags/) } });
    for (const bad of ['abc', '""x', `${tag} "x"`, ',', '"a']) {
      expect({ bad, ...(await put(bad)) }).toMatchObject({ bad, status: 400, body: { code: 'malformed-request' } });
    }
  });

  it('guards deletions, and never lets something new be made', async () => {
    expect(await one.send('DELETE', '/auth/listed', undefined, { 'if-match': '"x"' })).toMatchObject({ status: 412 });
    const make = ['POST', '/auth', { id: 'fresh', authType: 'NONE' }] as const;
    expect(await one.send(...make, { 'if-match': '*' })).toMatchObject({ status: 412 });
    expect(await one.send('GET', '/auth/fresh')).toMatchObject({ status: 404 });
    const tag = await etagOf(one, '/auth/listed');
    expect(await one.send('DELETE', '/auth/listed', undefined, { 'if-match': tag })).toMatchObject({ status: 200 });
  });

  it('counts last: what is wrong anyway is said first', async () => {
    const stale = { 'if-match': '"x"' };
    expect(await one.send('PUT', '/auth/nowhere', { authType: 'NONE' }, stale)).toMatchObject({ status: 404 });
    await one.send('POST', '/auth', { id: 'bad', authType: 'NONE' });
    expect(await one.send('PUT', '/auth/bad', { authType: 'WHAT' }, stale)).toMatchObject({ status: 400 });
  });

  it('is refused where there is no entity tag, before anything is done', async () => {
    const { id } = (await one.send('POST', '/../../applications', { name: 'a' })).body;
    const keys = `/../../applications/${id}/accessKeys`;
    const subject = { type: 'USER', id: `app:${id}` };
    const grant = { subject, target: { type: 'WORKFLOW_DEF', id: 'w' }, access: ['EXECUTE'] };
    for (const [method, path, body] of [
      ['POST', keys],
      ['POST', `/../../applications/${id}/roles/ADMIN`],
      ['POST', '/../../auth/authorization', grant],
      ['DELETE', '/../../auth/authorization', grant],
      ['POST', '/signing-keys/rotate'],
      ['POST', '/secrets/rotate'],
      ['POST', '/restore?replace=true', {}],
    ] as const) {
      const { status, body: problem } = await one.send(method, path, body, { 'if-match': '*' });
      expect([path, status, problem?.detail]).toEqual([path, 400, expect.stringMatching('If-Match')]);
    }
    expect((await one.send('GET', keys)).body).toEqual([]);
    expect((await one.send('GET', `/../../users/app:${id}`)).body.roles).toEqual([]);
  });

  it('on a new route is about the service, so that none is added to what has changed', async () => {
    const tag = await etagOf(one, '/services/owner');
    const add = (path: string) => one.send('POST', '/services/owner/routes', route('POST', path), { 'if-match': tag });
    const answers = await Promise.all([add('/c'), add('/d')]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 412]);
  });

  it('lets one of many win who all read the same, without it all are taken', async () => {
    await one.send('POST', '/services', { id: 'contended', path: '/contended' });
    const tag = await etagOf(one, '/services/contended');
    await waitFor(async () => (await etagOf(two, '/services/contended')) === tag);
    const write = (index: number, headers: Record<string, string>) =>
      (index % 2 ? one : two).send('PUT', '/services/contended', { name: `n${index}` }, headers);
    const many = Array.from({ length: 12 }, (_, index) => index);
    const guarded = await Promise.all(many.map((index) => write(index, { 'if-match': tag })));
    expect(guarded.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(guarded.filter((answer) => answer.status === 412)).toHaveLength(11);
    const free = await Promise.all(many.map((index) => write(index, {})));
    expect(free.every((answer) => answer.status === 200)).toBe(true);
  });
});
