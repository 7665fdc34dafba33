import { type AdminClient, part, ServerError } from '../client.ts';
import { CliError } from '../exit.ts';
import type { Body } from '../file/load.ts';
import type { Kind } from '../file/shape.ts';
import { differences } from './differences.ts';
import { gateway, pathOf, wholeApplication } from './live.ts';
import { normal } from './normal.ts';
import type { Step } from './plan.ts';

export interface Done {
  outcome: 'created' | 'changed' | 'deleted' | 'unchanged';
  /** API keys that the server made, which it shows this once. */
  keys?: string[];
  warnings?: { pointer: string; detail: string }[];
}

/** Does what the step says. @throws {ServerError} @throws {CliError} when it has changed since the plan was made. */
export async function perform(client: AdminClient, step: Step): Promise<Done> {
  const { action, kind, id } = step;
  if (action === 'none') return { outcome: 'unchanged' };
  if (action === 'delete') {
    await client.send('DELETE', kind === 'schema' ? `/schema/${part(id)}` : pathOf(kind, id));
    return { outcome: 'deleted' };
  }
  switch (kind) {
    case 'schema':
      await client.send('POST', '/schema', step.after);
      return { outcome: action === 'create' ? 'created' : 'changed' };
    case 'application':
      return performApplication(client, step);
    case 'authConfig':
    case 'service':
      return performObject(client, kind, step);
  }
}

async function performObject(client: AdminClient, kind: 'authConfig' | 'service', step: Step): Promise<Done> {
  const { action, id, after = {} } = step;
  if (action === 'create') {
    const list = kind === 'service' ? `${gateway}/services` : `${gateway}/auth`;
    const { body } = await client.send<Body>('POST', list, after);
    return { outcome: 'created', ...keysIn(body, after), ...warningsIn(body) };
  }
  const path = pathOf(kind, id);
  const now = await client.find<Body>(path);
  mustBe(kind, now?.body, step);
  const { body } = await client.send<Body>('PUT', path, after, now?.etag);
  // The server writes nothing when nothing differs; it also knows whether a plain key is the one it has a digest of.
  const outcome = body['updateTime'] === now?.body['updateTime'] ? 'unchanged' : 'changed';
  return { outcome, ...warningsIn(body) };
}

async function performApplication(client: AdminClient, step: Step): Promise<Done> {
  const { action, id, after = {}, before = {}, wanted } = step;
  const { name, conductor, roles = [], permissions = [], tags = [] } = after as ApplicationBody;
  const path = pathOf('application', id);
  const record = { id, name, ...(conductor ? { conductor } : {}) };
  let changed = false;
  if (action === 'create') {
    const { body } = await client.send<Body>('POST', '/applications', record);
    if (body['id'] !== id)
      throw new CliError(`this server gives applications ids of its own: it is ${String(body['id'])} now`);
  } else {
    const now = await client.find<Body>(path);
    const whole = now && (await wholeApplication(client, now.body, wanted ? [wanted] : []));
    const { permissionsInPart: _, ...application } = whole ?? { permissionsInPart: false };
    mustBe('application', whole && application, step);
    const { body } = await client.send<Body>('PUT', path, record, now?.etag);
    changed = body['updateTime'] !== now?.body['updateTime'];
  }
  const had = before as ApplicationBody;
  for (const role of roles.filter((each) => !had.roles?.includes(each)))
    await client.send('POST', `${path}/roles/${part(role)}`);
  for (const role of (had.roles ?? []).filter((each) => !roles.includes(each))) {
    await client.send('DELETE', `${path}/roles/${part(role)}`);
  }
  for (const each of missing(permissions, had.permissions))
    await client.send('POST', '/auth/authorization', grant(id, each));
  for (const each of missing(had.permissions, permissions))
    await client.send('DELETE', '/auth/authorization', grant(id, each));
  if (differences(had.tags ?? [], tags, ['tags']).length > 0) await client.send('PUT', `${path}/tags`, tags);
  if (action === 'create') return { outcome: 'created' };
  return { outcome: changed || step.changes.length > 0 ? 'changed' : 'unchanged' };
}

interface Permission {
  type: string;
  id: string;
  access: string[];
}
interface ApplicationBody {
  name?: string;
  conductor?: Body;
  roles?: string[];
  permissions?: Permission[];
  tags?: Body[];
}

/** What of the first is not in the second. */
function missing(all: readonly Permission[] = [], there: readonly Permission[] = []): Permission[] {
  return all.flatMap(({ type, id, access }) => {
    const had = there.filter((each) => each.type === type && each.id === id).flatMap((each) => each.access);
    const lacks = access.filter((one) => !had.includes(one));
    return lacks.length > 0 ? [{ type, id, access: lacks }] : [];
  });
}

function grant(application: string, { type, id, access }: Permission) {
  return { subject: { type: 'USER', id: `app:${application}` }, target: { type, id }, access };
}

/** A plan is made of what was there: what somebody else has made of it since must not be lost. */
function mustBe(kind: Kind, now: Body | undefined, { id, before = {} }: Step): void {
  if (now && differences(before, normal(kind, now)).length === 0) return;
  throw new ServerError(412, [
    { pointer: '', detail: `${id} was changed by somebody else meanwhile: plan and apply again` },
  ]);
}

function keysIn(made: Body, sent: Body): Pick<Done, 'keys'> {
  const keys = made['apiKeys'] as string[] | undefined;
  return sent['apiKeys'] === undefined && keys && keys.length > 0 ? { keys } : {};
}

function warningsIn({ warnings }: Body): Pick<Done, 'warnings'> {
  return Array.isArray(warnings) && warnings.length > 0 ? { warnings: warnings as NonNullable<Done['warnings']> } : {};
}
