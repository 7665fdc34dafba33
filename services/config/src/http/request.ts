import type { FastifyRequest } from 'fastify';
import type { Author } from '../domain/stamp.ts';
import { AdminProblem } from '../problems.ts';
import { neededRoleOf, requireStill } from './access.ts';

/** Who changes something, and when; his key and role count until it is stored. */
export function authorOf(request: FastifyRequest): Author {
  const { caller } = request;
  const needed = neededRoleOf(request);
  return { name: caller.name, now: Date.now(), check: (state) => requireStill(caller, needed, state) };
}

/** The token of a request. Clients send the header doubled, which arrives joined by a comma. */
export function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-authorization'];
  const first = (Array.isArray(header) ? header[0] : header)?.split(',')[0];
  return first?.trim().replace(/^Bearer\s+/i, '');
}

/** A query parameter that has to be there, once. @throws {AdminProblem} malformed-request. */
export function queryOf(request: FastifyRequest, name: string): string {
  const value = optionalQueryOf(request, name);
  if (value !== undefined) return value;
  throw new AdminProblem('malformed-request', `The query lacks ${name}; add ?${name}=….`);
}

/** @throws {AdminProblem} malformed-request when it is there twice. */
export function optionalQueryOf(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  if (!Array.isArray(value)) return value === '' ? undefined : value;
  if (new Set(value).size === 1) return value[0];
  throw new AdminProblem('malformed-request', `The query has several values for ${name}; send one.`);
}

/** A query parameter that is a whole number in these bounds, if it is there. @throws {AdminProblem} malformed-request. */
export function numberOf(
  request: FastifyRequest,
  name: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const text = optionalQueryOf(request, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `between ${least} and ${most}`;
  throw new AdminProblem('malformed-request', `${name} has to be a whole number ${bounds}, not ${text.slice(0, 100)}.`);
}
