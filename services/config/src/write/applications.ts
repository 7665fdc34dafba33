import type { Tag } from '@rostrum/contract';
import { randomId } from '@rostrum/shared/ids';
import { applicationView, buildApplication } from '../domain/applications.ts';
import type { Application, ConfigState } from '../domain/records.ts';
import { stamped } from '../domain/stamp.ts';
import { refuseFaults } from '../problems.ts';
import { type ActionContext, changed, type View } from './context.ts';
import { idFaults, notFound, parseBody, readMembers } from './validate.ts';
import type { Decide, Decision } from './write-path.ts';

export function createApplication({ schemas, vault }: ActionContext, body: unknown): Decide<View> {
  const parsed = parseBody(schemas.application, body);
  const [id = randomId()] = readMembers(body, 'id');
  return (state, author) => {
    const exists = state.applications.get(id)?.value !== undefined;
    const detail = `the application ${id} exists already; update it`;
    const input = parsed.orRefuse(exists ? [{ pointer: '/id', detail, taken: true }] : []);
    const { value, faults } = buildApplication(input, undefined, id, author, vault());
    refuseFaults(faults);
    return { change: { kind: 'application', id, value }, answer: applicationView(value) };
  };
}

export function updateApplication({ schemas, vault }: ActionContext, id: string, body: unknown): Decide<View> {
  const parsed = parseBody(schemas.application, body);
  return (state, author) => {
    const existing = requireApplication(state, id);
    const input = parsed.orRefuse(idFaults(body, id));
    const { value, faults } = buildApplication(input, existing, id, author, vault());
    refuseFaults(faults);
    return replaceApplication(existing, value, applicationView(value));
  };
}

/** Services whose auth configs name it let nobody in any more; its access keys stop working. */
export function deleteApplication(id: string): Decide<undefined> {
  return (state) => {
    requireApplication(state, id);
    return { change: { kind: 'application', id, value: undefined }, answer: undefined };
  };
}

/** `edit` gives the new members; `answer` is made of the application as it is then. */
export function editApplication<T>(
  id: string,
  edit: (application: Application, state: ConfigState) => Partial<Application>,
  answer: (application: Application) => T,
): Decide<T> {
  return (state, author) => {
    const existing = requireApplication(state, id);
    const value = stamped<Application>({ ...existing, ...edit(existing, state) }, existing, author);
    return replaceApplication(existing, value, answer(value));
  };
}

export function updateApplicationTags(id: string, edit: (tags: readonly Tag[]) => Tag[]): Decide<Tag[]> {
  return editApplication(
    id,
    ({ tags }) => ({ tags: edit(tags) }),
    ({ tags }) => tags,
  );
}

/** No effect when it has the role. */
export function addRole({ schemas }: ActionContext, id: string, role: string): Decide<undefined> {
  const name = parseBody(schemas.roleName, role).orRefuse([]);
  return editApplication(
    id,
    ({ roles }) => ({ roles: [...new Set([...roles, name])] }),
    () => undefined,
  );
}

export function removeRole(id: string, role: string): Decide<undefined> {
  const without = ({ roles }: Application) => {
    if (!roles.includes(role)) throw notFound(`role ${JSON.stringify(role)} of the application ${id}`);
    return { roles: roles.filter((each) => each !== role) };
  };
  return editApplication(id, without, () => undefined);
}

function replaceApplication<T>(existing: Application, value: Application, answer: T): Decision<T> {
  const next = changed(existing, value);
  return { ...(next ? { change: { kind: 'application', id: value.id, value: next } } : {}), answer };
}

/** @throws {AdminProblem} not-found. */
export function requireApplication(state: ConfigState, id: string): Application {
  const application = state.applications.get(id)?.value;
  if (!application) throw notFound(`application ${JSON.stringify(id)}`);
  return application;
}
