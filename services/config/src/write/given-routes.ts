import type { SchemaRef } from '../domain/registry.ts';

/** A route of a body, as far as it can be read, and the steps of the pointer to it. */
export interface GivenRoute {
  route: Record<string, unknown>;
  at: readonly (string | number)[];
}

/** The routes of a service's body, or the one that a body is. */
export function routesIn(body: unknown): GivenRoute[] {
  if (!isObject(body)) return [];
  const { routes } = body;
  if (!Array.isArray(routes)) return [{ route: body, at: [] }];
  return routes.flatMap((route: unknown, index) => (isObject(route) ? [{ route, at: ['routes', index] }] : []));
}

export function refIn(value: unknown): SchemaRef | undefined {
  if (!isObject(value) || typeof value['name'] !== 'string' || value['name'] === '') return undefined;
  const { name, version } = value;
  return { name, version: typeof version === 'number' ? version : undefined };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Alike for references that mean the same. */
export function refKey({ name, version }: SchemaRef): string {
  return `${name}@${version || ''}`;
}
