import { rounds } from '@rostrum/testkit';
import { type EdgeRevision, httpMethods, routeId } from '@rostrum/shared/revision';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostName } from './host.ts';
import { parseRequestPath } from './request-path.ts';
import { compileService } from './service-routes.ts';
import { RoutingTable } from './table.ts';

/** Few words, so that paths meet: nested base paths, parameters beside statics, names that need an escape. */
const word = fc.constantFrom('a', 'b', 'ü', 'a b', 'a/b', '%2F', '..a');
const literal = fc.constantFrom('a', 'b', 'ü');
const segment = fc.oneof({ weight: 2, arbitrary: literal }, { weight: 1, arbitrary: fc.constantFrom('{p}', '{q}') });
const path = (part: fc.Arbitrary<string>, most: number) =>
  fc.array(part, { maxLength: most }).map((parts) => `/${parts.join('/')}`);
const shape = (text: string) => text.replaceAll(/\{\w+\}/g, '{}');
const method = fc.constantFrom(...httpMethods);
const routes = fc.uniqueArray(fc.tuple(method, path(segment, 3)), {
  selector: ([verb, text]) => `${verb} ${shape(text)}`,
  maxLength: 5,
});

interface Service {
  basePath: string;
  hosts: string[] | undefined;
  enabled: boolean;
  routes: [method: (typeof httpMethods)[number], path: string][];
}
const service: fc.Arbitrary<Service> = fc.record({
  basePath: path(literal, 2),
  hosts: fc.option(fc.subarray(['one.example', 'two.example'], { minLength: 1 }), { nil: undefined }),
  enabled: fc.integer({ max: 3, min: 0 }).map((n) => n > 0),
  routes,
});

/** What happens to services 0 to 3 in turn: each is put in, changed, or (undefined) taken out. */
const changes = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.option(service, { nil: undefined, freq: 5 })), {
  maxLength: 8,
});

const sent = fc.record({
  method: fc.constantFrom(...httpMethods, 'HEAD', 'OPTIONS', 'TRACE'),
  host: fc.constantFrom('one.example', 'ONE.example:80', 'two.example.', 'three.example', ''),
  segments: fc.array(word, { maxLength: 5 }),
  /** Which characters are escaped that need not be: it must not matter. */
  escape: fc.boolean(),
  slash: fc.boolean(),
});

function edge(id: string, { basePath, hosts, enabled, routes: list }: Service): EdgeRevision {
  const rest = { queryParameters: [], requestMetadata: false, pool: 'default', timeoutMs: 1_000 };
  return {
    ...{ format: 1, service: id, revision: 1, basePath, enabled, auth: { type: 'NONE' } },
    ...(hosts ? { hosts } : {}),
    routes: list.map(([verb, text]) => ({ id: routeId(verb, text), method: verb, path: text, ...rest })),
  };
}

const parts = (text: string) => text.split('/').filter(Boolean);
const isOpen = (part: string) => part.startsWith('{');
const fits = (pattern: string[], given: string[]) =>
  pattern.length === given.length && pattern.every((part, at) => isOpen(part) || part === given[at]);
const openness = (pattern: string[]) => pattern.map((part) => (isOpen(part) ? '1' : '0')).join('');

/** The slow, obvious matcher: looks at every service and every route, and takes the best. */
function slow(services: Map<string, Service>, verb: string, host: string, given: string[]) {
  const under = [...services].filter(
    ([, { basePath, enabled, hosts }]) =>
      enabled && (!hosts || hosts.includes(host)) && fits(parts(basePath), given.slice(0, parts(basePath).length)),
  );
  const named = under.filter(([, { hosts }]) => hosts);
  const [best] = (named.length > 0 ? named : under).sort(
    ([, x], [, y]) => parts(y.basePath).length - parts(x.basePath).length,
  );
  if (!best) return 'none';
  const [id, { basePath, routes: list }] = best;
  const rest = given.slice(parts(basePath).length);
  const fitting = list.filter(([, text]) => fits(parts(text), rest));
  const closest = fitting.map(([, text]) => openness(parts(text))).sort()[0];
  if (closest === undefined) return 'none';
  const there = fitting.filter(([, text]) => openness(parts(text)) === closest);
  const route = there.find(([each]) => each === (verb === 'HEAD' ? 'GET' : verb));
  if (!route) {
    const verbs = there.map(([each]) => each as string);
    return { id, allow: (verbs.includes('GET') ? [...verbs, 'HEAD'] : verbs).sort() };
  }
  const names = parts(route[1]).flatMap((part, at) => (isOpen(part) ? [[part.slice(1, -1), rest[at]]] : []));
  return { id, route: routeId(...route), params: Object.fromEntries(names) };
}

const percent = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

it('every request goes where a slow, obvious matcher sends it, however services come and go', () => {
  fc.assert(
    fc.property(changes, fc.array(sent, { minLength: 1, maxLength: 8 }), (steps, requests) => {
      const table = new RoutingTable();
      const services = new Map<string, Service>();
      for (const [number, made] of steps) {
        const id = `s${number}`;
        // As config would, which lets no two services claim one base path on one host.
        const clash = (other: Service) =>
          other.basePath === made?.basePath &&
          (made.hosts ? made.hosts.some((host) => other.hosts?.includes(host)) : !other.hosts);
        if (made && [...services].some(([other, each]) => other !== id && clash(each))) continue;
        if (made) services.set(id, made);
        else services.delete(id);
        table.update([[id, made && compileService(edge(id, made))]]);
      }
      for (const { method: verb, host, segments, escape, slash } of requests) {
        const target = `/${segments.map(escape ? percent : encodeURIComponent).join('/')}${slash && segments.length ? '/' : ''}`;
        const name = hostName(host);
        const found = table.match(verb, parseRequestPath(target).segments, name);
        const fast =
          found.kind === 'none'
            ? 'none'
            : found.kind === 'other-method'
              ? { id: found.service.edge.service, allow: found.allow }
              : {
                  id: found.service.edge.service,
                  route: found.compiled.route.id,
                  params: { ...found.pathParams },
                };
        expect(fast, `${verb} ${host} ${target}`).toEqual(slow(services, verb, name, segments));
      }
    }),
    { numRuns: 1_000 * rounds },
  );
});
