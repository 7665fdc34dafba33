import { expect, it } from 'vitest';
import { basePathFaults, type Neighbour, reservedPathFaults } from './route-rules.ts';

const at = (index: number) => ['routes', index];
const service = (id: string, path: string) => ({ id, path, routes: [] });
const faults = (made: { id: string; path: string }, ...there: { id: string; path: string }[]) =>
  reservedPathFaults(
    { ...made, routes: [] },
    there.map(({ id, path }) => service(id, path)),
    at,
  );

it('a base path that another service’s id reserves is refused, whichever of the two comes first', () => {
  const late = { id: 'late', path: '/newsvc/openapi' };
  const newsvc = { id: 'newsvc', path: '/ns' };
  expect(faults(late, newsvc)).toMatchObject([{ pointer: '/path' }]);
  expect(faults(newsvc, late)).toMatchObject([
    { pointer: '/id', detail: expect.stringContaining('the service late has the base path /newsvc/openapi') },
  ]);
  expect(faults({ id: 'other', path: '/ns' }, late)).toEqual([]);
  expect(faults(newsvc, { id: 'late', path: '/newsvc/orders' })).toEqual([]);
});

it('services on different hosts are not in each other’s way; by name goes before on all', () => {
  const shop = { id: 'shop', path: '/v1', routes: [], hosts: ['one.example', 'two.example'] };
  const clash = (hosts?: string[], there: Neighbour = shop) =>
    basePathFaults({ id: 'new', path: '/v1', routes: [], hosts }, [there]).map(({ detail }) => detail);
  expect(clash(['Two.example'])).toEqual([expect.stringContaining('/v1 on Two.example belongs to the service shop')]);
  expect(clash(['three.example'])).toEqual([]);
  expect(clash()).toEqual([]);
  expect(clash(['one.example'], service('shop', '/v1'))).toEqual([]);
  expect(clash(undefined, service('shop', '/v1'))).toHaveLength(1);
});

it('a service’s reserved paths are reserved on its hosts only', () => {
  const orders = { id: 'orders', path: '/o', routes: [], hosts: ['one.example'] };
  const covering = (hosts?: string[]) =>
    reservedPathFaults(
      { id: 'new', path: '/', hosts, routes: [{ method: 'GET', path: '/orders/openapi' }] },
      [orders],
      at,
    );
  expect(covering(['two.example'])).toEqual([]);
  expect(covering(['one.example'])).toHaveLength(1);
  expect(covering()).toHaveLength(1);
});
