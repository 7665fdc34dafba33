import type { ApplicationInput } from '@rostrum/contract';
import type { ConfigFault } from '@rostrum/contract/fault';
import type { AccessKey, Application, Permission } from './records.ts';
import { type Author, stamped } from './stamp.ts';
import type { Vault } from './vault.ts';

/** Where its Conductor secret is sealed for. */
export function conductorPlace(id: string): string {
  return `application/${id}/conductor`;
}

export interface BuiltApplication {
  value: Application;
  faults: ConfigFault[];
}

/** What has a path of its own (roles, tags, keys, permissions) stays as it is; so does a Conductor secret left out. */
export function buildApplication(
  { name, conductor: given }: ApplicationInput,
  existing: Application | undefined,
  id: string,
  author: Author,
  vault: Vault,
): BuiltApplication {
  const { conductor, faults } = buildConductor(given, existing?.conductor, conductorPlace(id), vault);
  const { tags = [], roles = [], accessKeys = [], permissions = [] } = existing ?? {};
  const content = { id, name, tags, roles, accessKeys, permissions, conductor };
  return { value: stamped<Application>(content, existing, author), faults };
}

function buildConductor(
  given: ApplicationInput['conductor'],
  stored: Application['conductor'],
  place: string,
  vault: Vault,
): { conductor: Application['conductor']; faults: ConfigFault[] } {
  if (given === null) return { conductor: undefined, faults: [] };
  if (given === undefined) return { conductor: stored, faults: [] };
  const { keyId, keySecret } = given;
  if (keySecret === undefined) {
    if (stored?.keyId === keyId) return { conductor: stored, faults: [] };
    const detail = `is required: the secret of the access key ${keyId}, which is not the one that is stored`;
    return { conductor: stored, faults: [{ pointer: '/conductor/keySecret', detail }] };
  }
  // Sealing the same again would look like a change: what is sealed differs each time.
  const same = stored?.keyId === keyId && vault.open(stored.sealedSecret, place) === keySecret;
  return { conductor: same ? stored : { keyId, sealedSecret: vault.seal(keySecret, place) }, faults: [] };
}

/** As the admin API shows it. */
export function applicationView({ id, name, conductor, ...more }: Application): Record<string, unknown> {
  const { createdBy, createTime, updatedBy, updateTime } = more;
  const shown = conductor ? { conductor: { keyId: conductor.keyId } } : {};
  return { id, name, createdBy, createTime, updatedBy, updateTime, ...shown };
}

export function accessKeyView({ id, createdAt, status }: AccessKey): Record<string, unknown> {
  return { id, createdAt, status };
}

/** With so much more access to one target. In order, so that the same grants are the same permissions. */
export function granted(permissions: readonly Permission[], { type, id, access }: Permission): Permission[] {
  const others = permissions.filter((each) => !isSameTarget(each, { type, id }));
  const before = permissions.find((each) => isSameTarget(each, { type, id }))?.access ?? [];
  const next = [...others, { type, id, access: [...new Set([...before, ...access])].sort() }];
  return next.sort((a, b) => (`${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1));
}

/** With so much less. */
export function withdrawn(permissions: readonly Permission[], { access, ...target }: Permission): Permission[] {
  return permissions.flatMap((each) => {
    if (!isSameTarget(each, target)) return [each];
    const left = each.access.filter((one) => !access.includes(one));
    return left.length > 0 ? [{ ...each, access: left }] : [];
  });
}

function isSameTarget(a: Pick<Permission, 'type' | 'id'>, b: Pick<Permission, 'type' | 'id'>): boolean {
  return a.type === b.type && a.id === b.id;
}

/** Whether its permissions let it EXECUTE the workflow. */
export function mayExecute({ permissions }: Application, workflow: string): boolean {
  return permissions.some(
    ({ type, id, access }) => type === 'WORKFLOW_DEF' && access.includes('EXECUTE') && covers(id, workflow),
  );
}

function covers(target: string, name: string): boolean {
  return target.endsWith('*') ? name.startsWith(target.slice(0, -1)) : target === name;
}
