import { clean, type Body } from '../file/load.ts';
import type { Kind } from '../file/shape.ts';

/** Members that the server makes; nobody writes them into a file. */
const made = new Set([
  'createTime',
  'updateTime',
  'createdBy',
  'updatedBy',
  'basePath',
  'serviceId',
  'warnings',
  'authType',
]);

/** An object as it would stand in a file, whether a file says it or the server shows it. */
export function normal(kind: Kind, body: Body): Body {
  const own = withoutMade(clean(body) as Body);
  if (kind === 'service' && Array.isArray(own['routes'])) {
    own['routes'] = own['routes'].map((route: Body) => withoutMade(route));
  }
  if (kind === 'authConfig') {
    const flags = { passthrough: false, fallbackToDefaultAuth: false, tokenInWorkflowInput: false };
    const { apiKeys, ...rest } = own;
    const type = own['authenticationType'] ?? body['authType'];
    // An empty list of keys would be answered with a new key, and taken away by the next write.
    const keys = Array.isArray(apiKeys) && apiKeys.length > 0 ? { apiKeys } : {};
    return { ...flags, ...rest, ...(type === undefined ? {} : { authenticationType: type }), ...keys };
  }
  return own;
}

function withoutMade(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !made.has(name)));
}

/** What a write that leaves it out keeps, is kept in the plan too. */
export function withKept(kind: Kind, wanted: Body, live: Body): Body {
  const kept = (body: Body, from: Body, names: readonly string[]): Body => ({
    ...Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]])),
    ...body,
  });
  switch (kind) {
    case 'schema':
      return wanted;
    case 'application':
      return kept(wanted, live, ['roles', 'permissions', 'tags', 'conductor']);
    case 'authConfig':
      return kept(wanted, live, ['apiKeys']);
    case 'service': {
      const after = kept(wanted, live, ['enabled', 'mcpEnabled', 'tags', 'routes']);
      const before = new Map(routesOf(live).map((route) => [routeName(route), route]));
      return {
        ...after,
        ...('routes' in after
          ? { routes: routesOf(after).map((route) => kept(route, before.get(routeName(route)) ?? {}, ['tags'])) }
          : {}),
      };
    }
  }
}

export function routesOf(service: Body): Body[] {
  return (service['routes'] as Body[] | undefined) ?? [];
}

/** `GET /path`. */
function routeName({ httpMethod, path }: Body): string {
  return `${String(httpMethod)} ${String(path)}`;
}
