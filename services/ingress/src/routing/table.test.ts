import { rounds } from '@rostrum/testkit';
import { type EdgeRevision, httpMethods, routeId } from '@rostrum/shared/revision';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileService } from './service-routes.ts';
import { RoutingTable } from './table.ts';

function edge(
  service: string,
  basePath: string,
  routes: [method: string, path: string][],
  enabled = true,
): EdgeRevision {
  return {
    format: 1,
    service,
    revision: 1,
    basePath,
    enabled,
    auth: { type: 'NONE' },
    routes: routes.map(([method, path]) => ({
      id: routeId(method, path),
      method: method as 'GET',
      path,
      queryParameters: [],
      requestMetadata: false,
      pool: 'default',
      timeoutMs: 1_000,
    })),
  };
}

function tableOf(...services: EdgeRevision[]): RoutingTable {
  const table = new RoutingTable();
  table.update(services.map((each) => [each.service, compileService(each)]));
  return table;
}

const match = (table: RoutingTable, method: string, path: string) => {
  const found = table.match(method, path.split('/').slice(1));
  if (found.kind !== 'route') return found.kind;
  return { service: found.service.edge.service, route: found.compiled.route.path, params: { ...found.pathParams } };
};

describe('the routing table', () => {
  const table = tableOf(
    edge('shop', '/shop', [
      ['GET', '/orders'],
      ['GET', '/orders/{id}'],
      ['POST', '/orders/{id}'],
      ['GET', '/orders/new'],
      ['GET', '/orders/{id}/lines/{line}'],
      ['GET', '/orders/new/draft'],
    ]),
    edge('admin', '/shop/admin', [['GET', '/users']]),
    edge('root', '/plain', [['POST', '/']]),
    edge('tenant', '/t/{tenant}', [['GET', '/x/{id}']]),
    edge('off', '/off', [['GET', '/']], false),
  );

  it('finds routes with their decoded parameters, static segments first', () => {
    expect(match(table, 'GET', '/shop/orders/7')).toEqual({
      service: 'shop',
      route: '/orders/{id}',
      params: { id: '7' },
    });
    expect(match(table, 'GET', '/shop/orders/new')).toMatchObject({ route: '/orders/new' });
    expect(match(table, 'GET', '/shop/orders/7/lines/3')).toMatchObject({ params: { id: '7', line: '3' } });
    expect(match(table, 'GET', '/t/acme/x/1')).toMatchObject({
      service: 'tenant',
      params: { tenant: 'acme', id: '1' },
    });
    expect(match(table, 'POST', '/plain')).toMatchObject({ service: 'root' });
  });

  it('goes back from a static segment that leads nowhere to the parameter beside it', () => {
    expect(match(table, 'GET', '/shop/orders/new/lines/3')).toMatchObject({ params: { id: 'new', line: '3' } });
  });

  it('lets the longer of nested base paths win, whatever the shorter one has', () => {
    expect(match(table, 'GET', '/shop/admin/users')).toMatchObject({ service: 'admin' });
    expect(match(table, 'GET', '/shop/admin/orders')).toBe('none');
  });

  it('tells a wrong method from a path that is not there', () => {
    const found = table.match('DELETE', ['shop', 'orders', '7']);
    expect(found).toMatchObject({ kind: 'other-method', allow: ['GET', 'HEAD', 'POST'] });
    expect(match(table, 'GET', '/shop/order')).toBe('none');
    expect(match(table, 'GET', '/shop/orders//lines/3')).toBe('none');
    expect(match(table, 'GET', '/shop//orders')).toBe('none');
  });

  it('does not know disabled and deleted services', () => {
    expect(match(table, 'GET', '/off')).toBe('none');
    const changing = tableOf(edge('a', '/a', [['GET', '/']]));
    changing.update([['a', undefined]]);
    expect(match(changing, 'GET', '/a')).toBe('none');
  });

  it('agrees with a slow, obvious matcher', () => {
    const segment = fc.constantFrom('a', 'b', '{p}', '{q}');
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
    const shape = (each: string) => each.replaceAll(/\{\w+\}/g, '{}');
    const requestPath = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(path, { selector: shape, maxLength: 12 }), requestPath, (paths, request) => {
        const fits = (route: string) => {
          const segments = route.split('/').filter(Boolean);
          return segments.length === request.length && segments.every((s, i) => s.startsWith('{') || s === request[i]);
        };
        // The more static segments further left, the better.
        const rank = (route: string) =>
          route
            .split('/')
            .filter(Boolean)
            .map((s) => (s.startsWith('{') ? '1' : '0'))
            .join('');
        const best = paths.filter(fits).sort((a, b) => rank(a).localeCompare(rank(b)))[0];
        const found = tableOf(
          edge(
            's',
            '/',
            paths.map((each) => ['GET', each]),
          ),
        ).match('GET', request);
        expect(found.kind === 'route' ? found.compiled.route.path : undefined).toBe(best);
      }),
      { numRuns: 500 * rounds },
    );
  });

  it('has a place for every method', () => {
    const all = tableOf(
      edge(
        'all',
        '/all',
        httpMethods.map((method) => [method, '/x']),
      ),
    );
    for (const method of httpMethods) expect(match(all, method, '/all/x')).toMatchObject({ route: '/x' });
  });
});
