import fc from 'fast-check';
import { namespace, useNats, waitFor } from '@rostrum/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, joinClient } from './client.ts';
import { type Replica, route, startReplica } from './replica.ts';

const nats = useNats();
const space = namespace();
let replicas: Replica[];
let client: Client;
beforeAll(async () => {
  replicas = await Promise.all([1, 2, 3].map(() => startReplica(nats.url, space)));
  client = await joinClient(nats.url, space);
});
afterAll(async () => {
  await client.close();
  await Promise.all(replicas.map((replica) => replica.drain()));
});

/** Few names, so that they meet. */
const service = fc.constantFrom('a', 'b', 'c');
const path = fc.constantFrom('/x', '/y');
const act = fc.oneof(
  fc.record({ what: fc.constant('create' as const), service, path }),
  fc.record({ what: fc.constant('delete' as const), service }),
  fc.record({ what: fc.constant('route' as const), service, path }),
  fc.record({ what: fc.constant('unroute' as const), service, path }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function send(replica: Replica, each: Act) {
  const at = `/services/${each.service}`;
  switch (each.what) {
    case 'create':
      return replica.send('POST', '/services', { id: each.service, path: each.path });
    case 'delete':
      return replica.send('DELETE', at);
    case 'route':
      return replica.send('POST', `${at}/routes`, route('GET', each.path));
    case 'unroute':
      return replica.send('DELETE', `${at}/routes?method=GET&path=${each.path}`);
  }
}

type Model = ReadonlyMap<string, { path: string; routes: ReadonlySet<string> }>;

/** What one replica alone would make of it; undefined: it would have answered something else. */
function applied(model: Model, each: Act, done: boolean): Model | undefined {
  const existing = model.get(each.service);
  const next = new Map(model);
  const possible = () => {
    switch (each.what) {
      case 'create':
        next.set(each.service, { path: each.path, routes: new Set() });
        return !existing && [...model.values()].every((other) => other.path !== each.path);
      case 'delete':
        return next.delete(each.service);
      case 'route':
        if (existing) next.set(each.service, { ...existing, routes: new Set([...existing.routes, each.path]) });
        return existing !== undefined && !existing.routes.has(each.path);
      case 'unroute': {
        const routes = new Set(existing?.routes);
        const had = routes.delete(each.path);
        if (existing) next.set(each.service, { ...existing, routes });
        return had;
      }
    }
  };
  if (possible() !== done) return undefined;
  return done ? next : model;
}

const textOf = (model: Model) =>
  [...model]
    .map(([id, { path: at, routes }]) => JSON.stringify([id, at, [...routes].sort()]))
    .sort()
    .join();

/** Every end that the acts can have in some order in which one replica alone gives the same answers. */
function possibleEnds(model: Model, acts: readonly { each: Act; done: boolean }[]): Set<string> {
  if (acts.length === 0) return new Set([textOf(model)]);
  return new Set(
    acts.flatMap(({ each, done }, index) => {
      const next = applied(model, each, done);
      return next ? [...possibleEnds(next, acts.toSpliced(index, 1))] : [];
    }),
  );
}

async function stateOf(replica: Replica): Promise<Model> {
  const { body } = await replica.send('GET', '/services');
  return new Map(
    (body as { id: string; path: string; routes: { path: string }[] }[]).map(({ id, path: at, routes }) => [
      id,
      { path: at, routes: new Set(routes.map((each) => each.path)) },
    ]),
  );
}

describe('replicas that are written to at once', () => {
  it('answer and end as one alone would in some order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(act, { minLength: 2, maxLength: 6 }), { maxLength: 4 }), async (rounds) => {
        let model: Model = new Map();
        for (const id of ['a', 'b', 'c']) await replicas[0]?.send('DELETE', `/services/${id}`);
        for (const acts of rounds) {
          const answers = await Promise.all(
            acts.map((each, index) => send(replicas[index % replicas.length] as Replica, each)),
          );
          const outcomes = acts.map((each, index) => ({ each, done: answers[index]?.status === 200 }));
          for (const { status } of answers) expect([200, 404, 409]).toContain(status);
          const ends = possibleEnds(model, outcomes);
          for (const replica of replicas) await waitFor(async () => ends.has(textOf(await stateOf(replica))));
          const [first, ...others] = replicas as [Replica, ...Replica[]];
          const end = textOf(await stateOf(first));
          for (const replica of others) await waitFor(async () => textOf(await stateOf(replica)) === end);
          model = await stateOf(first);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('never bring a key back that is revoked while routes are added', async () => {
    const [one, two] = replicas as [Replica, Replica];
    for (let round = 0; round < 10; round++) {
      const [auth, id] = [`k${round}`, `r${round}`];
      await one.send('POST', '/auth', { id: auth, authenticationType: 'API_KEY', apiKeys: ['old-key-1', 'new-key-2'] });
      await one.send('POST', '/services', { id, path: `/${id}`, authConfigId: auth });
      const answers = await Promise.all([
        two.send('POST', `/services/${id}/routes`, route('GET', '/a')),
        one.send('PUT', `/auth/${auth}`, { authenticationType: 'API_KEY', apiKeys: ['new-key-2'] }),
        two.send('POST', `/services/${id}/routes`, route('GET', '/b')),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      await waitFor(async () => {
        const head = await client.head(id);
        const edge = await client.edge(id, head?.revision ?? 0);
        return edge?.auth.type === 'API_KEY' && edge.auth.digests.length === 1 && edge.routes.length === 2;
      });
    }
  });
});
