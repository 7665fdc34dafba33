import { namespace, useNats } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
let replica: Replica;
const letters = 'hgfedcba'.split('');
beforeAll(async () => {
  replica = await startReplica(nats.url, namespace());
  for (const id of letters) {
    await replica.send('POST', '/auth', { id, authType: 'NONE' });
    await replica.send('POST', '/services', { id, path: `/${id}` });
    await replica.send('POST', '/../../schema', { name: id, data: {} });
  }
  const routes = letters.flatMap((path) => [route('POST', `/${path}`), route('GET', `/${path}`)]);
  await replica.send('PUT', '/services/a', { routes });
});
afterAll(() => replica.drain());

/** Where the next page is, by its Link (RFC 8288). */
const next = (answer: Answer) => /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];

/** All pages, one after the other; `between` is done after each. */
async function pages(path: string, between: (page: Answer) => unknown = () => {}): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (let at: string | undefined = path; at !== undefined; ) {
    const page: Answer = await replica.send('GET', at);
    expect(page.status, at).toBe(200);
    found.push(page.body);
    at = next(page)?.replace('/api/gateway/config', '').replace('/api/schema', '/../../schema');
    await between(page);
  }
  return found;
}

const lists: [string, number][] = [
  ['/auth', 8],
  ['/services', 8],
  ['/services/a/routes', 16],
  ['/../../schema', 8],
];

describe('a list', () => {
  it.each(lists)('%s is complete unless a limit is given, and then comes in pages', async (path, count) => {
    const all = await replica.send('GET', path);
    expect(all.body).toHaveLength(count);
    expect(next(all)).toBeUndefined();
    const found = await pages(`${path}?limit=3`);
    expect(found.flat()).toEqual(all.body);
    expect(found.map((page) => page.length)).toEqual(
      Array.from({ length: Math.ceil(count / 3) }, (_, index) => Math.min(3, count - 3 * index)),
    );
    expect(await pages(`${path}?limit=${count}`), 'no empty page at the end').toHaveLength(1);
  });

  it('is in order of id, a service’s routes in order of path and method', async () => {
    const { body } = await replica.send('GET', '/services');
    expect(body.map(({ id }: { id: string }) => id)).toEqual(letters.toSorted());
    const routes = (await replica.send('GET', '/services/a/routes')).body as { route: { path: string } }[];
    expect(routes.slice(0, 3)).toMatchObject([
      { route: { path: '/a', httpMethod: 'GET' } },
      { route: { path: '/a', httpMethod: 'POST' } },
      { route: { path: '/b', httpMethod: 'GET' } },
    ]);
  });

  it('keeps its other parameters from page to page', async () => {
    const page = await replica.send('GET', '/services/a/routes?limit=2&start=1&end=2');
    expect(next(page)).toMatch(/^\/api\/gateway\/config\/services\/a\/routes\?limit=2&start=1&end=2&cursor=/);
  });

  it('loses no row and doubles none while others write', async () => {
    let round = 0;
    const found = await pages('/auth?limit=2', async () => {
      round += 1;
      // Before and after where the reader is, and the row that its cursor names.
      await replica.send('POST', '/auth', { id: `0${round}`, authType: 'NONE' });
      await replica.send('POST', '/auth', { id: `z${round}`, authType: 'NONE' });
      if (round === 1) await replica.send('DELETE', '/auth/b');
      if (round > 8) await replica.send('DELETE', `/auth/z${round}`);
    });
    const ids = (found.flat() as { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(letters));
  });

  it.each([
    ['limit=0', /between 1 and/],
    ['limit=x', /between 1 and/],
    ['limit=1.5', /between 1 and/],
    ['limit=99999', /between 1 and/],
    ['limit=2&cursor=nonsense', /Link of a page/],
    [`limit=2&cursor=${Buffer.from('["/api/gateway/config/services","a"]').toString('base64url')}`, /Link of a page/],
    ['cursor=e30', /Link of a page/],
  ])('refuses %s', async (query, detail) => {
    const answer = await replica.send('GET', `/auth?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'malformed-request' } });
    expect(answer.body.detail).toMatch(detail);
  });
});
