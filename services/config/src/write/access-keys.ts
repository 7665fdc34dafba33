import { randomBytes } from 'node:crypto';
import { randomId } from '@rostrum/shared/ids';
import { digestApiKey } from '@rostrum/shared/digest';
import { accessKeyView } from '../domain/applications.ts';
import { keyOwner } from '../domain/callers.ts';
import type { AccessKey, Application, ConfigState } from '../domain/records.ts';
import { editApplication } from './applications.ts';
import type { ActionContext, View } from './context.ts';
import { notFound } from './validate.ts';
import type { Decide } from './write-path.ts';

/** The answer is the only place where the secret is shown. */
export function createAccessKey({ digestKey }: ActionContext, id: string): Decide<View> {
  const secret = randomBytes(32).toString('base64url');
  const key: AccessKey = {
    id: randomId(),
    digest: digestApiKey(secret, digestKey),
    createdAt: Date.now(),
    status: 'ACTIVE',
  };
  return editApplication(
    id,
    ({ accessKeys }) => ({ accessKeys: [...accessKeys, key] }),
    () => ({ id: key.id, secret }),
  );
}

/** From ACTIVE to INACTIVE and back; tokens of an INACTIVE key are refused at once. */
export function toggleAccessKey(id: string, keyId: string): Decide<View> {
  const toggled = (key: AccessKey): AccessKey => ({ ...key, status: key.status === 'ACTIVE' ? 'INACTIVE' : 'ACTIVE' });
  return editApplication(
    id,
    (application) => {
      requireAccessKey(application, keyId);
      return { accessKeys: application.accessKeys.map((key) => (key.id === keyId ? toggled(key) : key)) };
    },
    (application) => accessKeyView(requireAccessKey(application, keyId)),
  );
}

export function deleteAccessKey(id: string, keyId: string): Decide<undefined> {
  return editApplication(
    id,
    (application) => {
      requireAccessKey(application, keyId);
      return { accessKeys: application.accessKeys.filter((key) => key.id !== keyId) };
    },
    () => undefined,
  );
}

function requireAccessKey({ id, accessKeys }: Application, keyId: string): AccessKey {
  const key = accessKeys.find((each) => each.id === keyId);
  if (!key) throw notFound(`access key ${JSON.stringify(keyId)} of the application ${id}`);
  return key;
}

/** @throws {AdminProblem} not-found. */
export function requireKeyOwner(state: ConfigState, keyId: string): Application {
  const application = keyOwner(state, keyId);
  if (!application) throw notFound(`access key ${JSON.stringify(keyId)}`);
  return application;
}
