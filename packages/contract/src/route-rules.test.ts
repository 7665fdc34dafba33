import { expect, it } from 'vitest';
import { reservedPathFaults } from './route-rules.ts';

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
