import type { Json } from '../definitions/types.ts';

const NO_DOMAIN = 'NO_DOMAIN';

/**
 * The domain of workers that a task of this type is reserved for, by a workflow's `taskToDomain`: of the domains given for
 * the type, or else for `*`, the first with a worker that polls, or else the last. `NO_DOMAIN` is none.
 */
export function domainOf(
  taskToDomain: Json,
  taskType: string,
  isActive: (domain: string) => boolean,
): string | undefined {
  const own = taskToDomain[taskType];
  const any = taskToDomain['*'];
  const given = typeof own === 'string' ? own : typeof any === 'string' && any.trim() !== '' ? any : undefined;
  if (given === undefined) return undefined;
  const domains = given.split(',').map((domain) => domain.trim());
  const isNone = (domain: string) => domain.toUpperCase() === NO_DOMAIN;
  const found = domains.find((domain) => !isNone(domain) && isActive(domain)) ?? domains.at(-1) ?? NO_DOMAIN;
  return isNone(found) ? undefined : found;
}
