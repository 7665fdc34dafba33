import type { Authorization } from '@rostrum/contract';
import { granted, withdrawn } from '../domain/applications.ts';
import { type ConfigState, type Permission, valuesOf } from '../domain/records.ts';
import { editApplication } from './applications.ts';
import type { ActionContext } from './context.ts';
import { parseBody } from './validate.ts';
import type { Decide } from './write-path.ts';

const subjectPrefix = 'app:';

/** Adds access to what the application has; no effect when it has it. */
export function grant(context: ActionContext, body: unknown): Decide<undefined> {
  return change(context, body, granted);
}

/** Takes access away; what it has not got is not missed. */
export function withdraw(context: ActionContext, body: unknown): Decide<undefined> {
  return change(context, body, withdrawn);
}

function change({ schemas }: ActionContext, body: unknown, edit: typeof granted): Decide<undefined> {
  const parsed = parseBody(schemas.authorization, body);
  const id = subjectOf(body);
  return (state, author) => {
    const detail = `there is no application ${id}; create it first`;
    const unknown = id !== undefined && state.applications.get(id)?.value === undefined;
    const authorization = parsed.orRefuse(unknown ? [{ pointer: '/subject/id', detail }] : []);
    const { target, access } = authorization;
    const edited = editApplication(
      applicationOf(authorization),
      ({ permissions }) => ({ permissions: edit(permissions, { ...target, access }) }),
      () => undefined,
    );
    return edited(state, author);
  };
}

function applicationOf({ subject }: Authorization): string {
  return subject.id.slice(subjectPrefix.length);
}

/** The application that the body names, as far as it can be read. */
function subjectOf(body: unknown): string | undefined {
  const id = (body as { subject?: { id?: unknown } | null } | null | undefined)?.subject?.id;
  return typeof id === 'string' && id.startsWith(subjectPrefix) ? id.slice(subjectPrefix.length) : undefined;
}

/** Who has which access to exactly this target: subjects by access. */
export function permissionsOn(
  state: ConfigState,
  type: string,
  id: string,
): Record<string, { type: string; id: string }[]> {
  const holders: Record<string, { type: string; id: string }[]> = {};
  const applications = valuesOf(state.applications).sort((a, b) => (a.id < b.id ? -1 : 1));
  const accessOf = (permissions: readonly Permission[]) =>
    permissions.filter((each) => each.type === type && each.id === id).flatMap(({ access }) => access);
  for (const application of applications) {
    for (const access of accessOf(application.permissions)) {
      (holders[access] ??= []).push({ type: 'USER', id: `${subjectPrefix}${application.id}` });
    }
  }
  return holders;
}
