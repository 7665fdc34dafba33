import type { z } from 'zod';
import { pointerOf } from '@rostrum/contract/pointer';
import {
  basePathFaults,
  type Neighbour,
  type Outline,
  reservedPathFaults,
  sameRouteFaults,
} from '@rostrum/contract/rules';
import type { ConfigFault } from '@rostrum/contract/fault';
import type { Service } from '../domain/records.ts';
import { AdminProblem, refuseFaults } from '../problems.ts';
import { faultsOf } from '@rostrum/contract';

/** A body, as far as its shape goes: its faults are told together with those against the rest of the configuration. */
export interface Parsed<T> {
  faults: ConfigFault[];
  /** What was sent. @throws {AdminProblem} with all the faults, these included, when there are any. */
  orRefuse(more: readonly ConfigFault[]): T;
}

export function parseBody<S extends z.ZodType>(schema: S, body: unknown): Parsed<z.output<S>> {
  const parsed = schema.safeParse(body);
  const faults = parsed.success ? [] : faultsOf(parsed.error).map(namingBody);
  return {
    faults,
    orRefuse(more) {
      refuseFaults([...faults, ...more]);
      if (!parsed.success) throw new AdminProblem('configuration-invalid', 'The body is not valid.');
      return parsed.data;
    },
  };
}

/** What is wrong with a member follows its pointer; the body itself has none. */
function namingBody(fault: ConfigFault): ConfigFault {
  return fault.pointer === '' ? { ...fault, detail: `the body ${fault.detail}` } : fault;
}

/** The faults of a service's paths, in itself and against all the others. */
export function pathFaults(outline: Outline, neighbours: readonly Neighbour[]): ConfigFault[] {
  const at = (index: number) => ['routes', index];
  return [
    ...sameRouteFaults(outline, at),
    ...basePathFaults(outline, neighbours),
    ...reservedPathFaults(outline, neighbours, at),
  ];
}

/** A stored service, as far as the rules about paths go. */
export function outlineOf({ id, path, hosts, routes }: Service): Outline {
  return { id, path, hosts, routes: routes.map(({ httpMethod: method, path: at }) => ({ method, path: at })) };
}

/** The members of a body that can be read whatever is wrong with the others. */
export function readMembers(body: unknown, ...names: string[]): (string | undefined)[] {
  return names.map((name) => {
    const value = isObject(body) ? body[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  });
}

/** Methods and paths of the routes of a body, as far as they can be read; undefined where it has no routes. */
export function readRoutes(body: unknown): Outline['routes'] | undefined {
  const routes = isObject(body) ? body['routes'] : undefined;
  if (!Array.isArray(routes)) return undefined;
  return routes.map((route: unknown) => {
    const [method, path] = readMembers(route, 'httpMethod', 'path');
    return { method, path };
  });
}

/** Host names in a body, as far as they can be read; undefined where it names none. */
export function readHosts(body: unknown): string[] | undefined {
  const hosts = isObject(body) ? body['hosts'] : undefined;
  return Array.isArray(hosts) ? hosts.filter((host): host is string => typeof host === 'string') : undefined;
}

/** An id in the body has to be the one in the URL. */
export function idFaults(body: unknown, id: string): ConfigFault[] {
  const [given = id] = readMembers(body, 'id');
  if (given === id) return [];
  return [{ pointer: pointerOf('id'), detail: `an id cannot be changed: send ${JSON.stringify(id)}, or leave it out` }];
}

export function notFound(what: string): AdminProblem {
  return new AdminProblem('not-found', `There is no ${what}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
