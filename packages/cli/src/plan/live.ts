import { type AdminClient, orLacking, part, ServerError } from '../client.ts';
import type { Body, Wanted } from '../file/load.ts';
import type { Kind } from '../file/shape.ts';

/** What the server has, by kind and id; schemas by name, with all their versions. */
export interface Live {
  objects: Record<Exclude<Kind, 'schema'>, Map<string, Body>>;
  schemas: Map<string, SchemaView[]>;
  /** Of applications only those permissions are known that files name: the server does not list them. */
  permissionsInPart?: boolean;
}

export interface SchemaView {
  name: string;
  version: number;
  type: string;
  data?: unknown;
  externalRef?: string;
  ownerApp?: string;
}

interface Permission {
  type: string;
  id: string;
  access: string[];
}

interface Permissions {
  permissions: Permission[];
  permissionsInPart: boolean;
}

export const gateway = '/gateway/config';

/** Reads all objects of the kinds. `wanted` says which permissions are looked up where a server cannot list them. */
export async function readLive(
  client: AdminClient,
  kinds: ReadonlySet<Kind>,
  wanted: readonly Wanted[],
): Promise<Live> {
  const list = <T>(kind: Kind, path: string, what: string) =>
    kinds.has(kind) ? orLacking(what, client.get<T[]>(path)) : Promise.resolve<T[]>([]);
  const [schemas, applications, authConfigs, services] = await Promise.all([
    list<SchemaView>('schema', '/schema', 'a registry of schemas'),
    list<Body>('application', '/applications', 'applications'),
    list<Body>('authConfig', `${gateway}/auth`, 'auth configs'),
    list<Body>('service', `${gateway}/services`, 'services'),
  ]);
  const whole: Body[] = [];
  let inPart = false;
  for (const each of applications) {
    const { permissionsInPart, ...application } = await wholeApplication(client, each, wanted);
    inPart ||= permissionsInPart;
    whole.push(application);
  }
  return {
    objects: { application: byId(whole), authConfig: byId(authConfigs), service: byId(services) },
    permissionsInPart: inPart,
    schemas: Map.groupBy(
      schemas.toSorted((a, b) => a.version - b.version),
      ({ name }) => name,
    ),
  };
}

function byId(bodies: readonly Body[]): Map<string, Body> {
  return new Map(bodies.map((body) => [String(body['id']), body]));
}

/** An application with what has paths of its own: roles, tags, permissions. */
export async function wholeApplication(client: AdminClient, application: Body, wanted: readonly Wanted[]) {
  const id = String(application['id']);
  const [user, tags, permissions] = await Promise.all([
    client.get<{ roles?: { name: string }[] }>(`/users/${part(`app:${id}`)}`),
    client.get<Body[]>(`/applications/${part(id)}/tags`),
    permissionsOf(client, id, wanted),
  ]);
  const { name, conductor } = application;
  const roles = (user.roles ?? []).map((role) => role.name);
  return { id, name, conductor, roles, tags, ...permissions };
}

async function permissionsOf(client: AdminClient, id: string, wanted: readonly Wanted[]): Promise<Permissions> {
  try {
    const path = `/users/${part(`app:${id}`)}/permissions`;
    const { grantedAccess } = await client.get<{
      grantedAccess: { target: { type: string; id: string }; access: string[] }[];
    }>(path);
    const permissions = grantedAccess.map(({ target, access }) => ({ type: target.type, id: target.id, access }));
    return { permissions, permissionsInPart: false };
  } catch (error) {
    if (!(error instanceof ServerError && error.status === 404)) throw error;
    return { permissions: await permissionsByTarget(client, id, wanted), permissionsInPart: true };
  }
}

/** On a server that lists permissions by target only: those on the targets that the files name. */
async function permissionsByTarget(client: AdminClient, id: string, wanted: readonly Wanted[]): Promise<Permission[]> {
  const own = wanted.find((each) => each.kind === 'application' && each.id === id);
  const targets = (own?.body['permissions'] as Permission[] | undefined) ?? [];
  const found: Permission[] = [];
  for (const target of targets) {
    const path = `/auth/authorization/${part(target.type)}/${part(target.id)}`;
    const subjects = await client.get<Record<string, { type: string; id: string }[]>>(path);
    const access = Object.keys(subjects).filter((one) => subjects[one]?.some((each) => each.id === `app:${id}`));
    if (access.length > 0) found.push({ type: target.type, id: target.id, access });
  }
  return found;
}

/** Where an object of this kind is read and written. */
export function pathOf(kind: Exclude<Kind, 'schema'>, id: string): string {
  const list = { application: '/applications', authConfig: `${gateway}/auth`, service: `${gateway}/services` }[kind];
  return `${list}/${part(id)}`;
}
