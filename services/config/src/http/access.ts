import type { FastifyRequest } from 'fastify';
import { type Caller, findKey, hasRole, type Role } from '../domain/callers.ts';
import type { ConfigState } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';

/** What METADATA_MANAGER may change and USER may read. Everything else, also what is added later, is ADMIN's alone. */
const metadata = [
  '/api/gateway/config/auth',
  '/api/gateway/config/cache',
  '/api/gateway/config/service',
  '/api/gateway/config/services',
  '/api/schema',
  '/api/gateway/config/test',
];
/** What everybody with a role may read besides. */
const readable = ['/api/gateway/config/openapi.json', '/api/gateway/config/docs'];

/** The role that a call needs, by its route's pattern. */
function neededRole(method: string, pattern: string): Role {
  const under = (paths: readonly string[]) => paths.some((path) => pattern === path || pattern.startsWith(`${path}/`));
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && (under(metadata) || under(readable))) return 'USER';
  return under(metadata) ? 'METADATA_MANAGER' : 'ADMIN';
}

export function neededRoleOf({ method, routeOptions }: FastifyRequest): Role {
  return neededRole(method, routeOptions.url ?? '');
}

/** @throws {AdminProblem} forbidden. */
export function requireRole(caller: Caller, needed: Role): void {
  if (hasRole(caller, needed)) return;
  const has = caller.roles.length > 0 ? `has ${caller.roles.join(', ')}` : 'has no role';
  throw new AdminProblem('forbidden', `This needs the role ${needed}; ${caller.name} ${has}.`);
}

/** Once more, by the state that a change is decided on. @throws {AdminProblem} */
export function requireStill({ keyId }: Caller, needed: Role, state: ConfigState): void {
  const key = findKey(state, keyId);
  if (!key) throw invalidToken();
  requireRole(key.caller, needed);
}

export function invalidToken(
  detail = 'The token is not valid; take a new one from POST /api/token.',
  cause?: unknown,
): AdminProblem {
  return new AdminProblem('unauthenticated', detail, { error: 'INVALID_TOKEN' }, cause);
}
