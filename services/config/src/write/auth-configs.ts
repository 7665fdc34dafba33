import { randomId } from '@rostrum/shared/ids';
import { generateApiKey } from '@rostrum/contract/api-keys';
import { buildAuthConfig } from '../domain/build.ts';
import type { AuthConfig, ConfigState } from '../domain/records.ts';
import { authConfigView } from '../domain/views.ts';
import { refuseFaults } from '../problems.ts';
import { type ActionContext, changed, type View } from './context.ts';
import { idFaults, notFound, parseBody, readMembers } from './validate.ts';
import type { Decide } from './write-path.ts';

/** The answer to a create is the only place where a generated key is shown. */
export function createAuthConfig({ schemas, digestKey }: ActionContext, body: unknown): Decide<View> {
  const parsed = parseBody(schemas.authConfig, body);
  const [id = randomId(), type, olderType] = readMembers(body, 'id', 'authenticationType', 'authType');
  // Without it nobody would be asked for anything: that has to be said.
  const detail = 'is required: NONE, API_KEY or OIDC';
  const untyped = (type ?? olderType) ? [] : [{ pointer: '/authenticationType', detail }];
  const spareKey = generateApiKey();
  return (state, author) => {
    const exists = state.authConfigs.get(id)?.value !== undefined;
    const taken = exists
      ? [{ pointer: '/id', detail: `the auth config ${id} exists already; update it`, taken: true }]
      : [];
    const input = parsed.orRefuse([...taken, ...untyped]);
    const { value, shownKeys, faults } = buildAuthConfig(input, undefined, id, author, digestKey, spareKey);
    refuseFaults(faults);
    return { change: { kind: 'auth', id, value }, answer: withWarnings(authConfigView(value, shownKeys), value) };
  };
}

export function updateAuthConfig({ schemas, digestKey }: ActionContext, id: string, body: unknown): Decide<View> {
  const parsed = parseBody(schemas.authConfig, body);
  const spareKey = generateApiKey();
  return (state, author) => {
    const existing = requireAuthConfig(state, id);
    const input = parsed.orRefuse(idFaults(body, id));
    const { value, shownKeys, faults } = buildAuthConfig(input, existing, id, author, digestKey, spareKey);
    refuseFaults(faults);
    const next = changed(existing, value);
    const answer = withWarnings(authConfigView(value, shownKeys), value);
    return { ...(next ? { change: { kind: 'auth', id, value: next } } : {}), answer };
  };
}

export function deleteAuthConfig(id: string): Decide<undefined> {
  return (state) => {
    requireAuthConfig(state, id);
    return { change: { kind: 'auth', id, value: undefined }, answer: undefined };
  };
}

/** Existing clients create an OIDC config first and complete it later: it is stored, lets nobody in, and says so. */
function withWarnings(view: View, { authenticationType, ...config }: AuthConfig): View {
  if (authenticationType !== 'OIDC') return view;
  const missing = (['issuerUri', 'audience'] as const).filter((name) => config[name] === undefined);
  const detail = 'is missing: until both issuerUri and audience are there, nobody gets in';
  const warnings = missing.map((name) => ({ pointer: `/${name}`, detail }));
  return warnings.length === 0 ? view : { ...view, warnings };
}

/** @throws {AdminProblem} not-found. */
export function requireAuthConfig(state: ConfigState, id: string): AuthConfig {
  const config = state.authConfigs.get(id)?.value;
  if (!config) throw notFound(`auth config ${JSON.stringify(id)}`);
  return config;
}
