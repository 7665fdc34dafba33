import { type Bus, BusError } from '@rostrum/shared/bus';
import { type CredentialsAsk, credentialsAnswer, decodeJson, encodeJson } from '@rostrum/shared/messages';
import { LRUCache } from 'lru-cache';
import { ConductorError } from '../domain/conductor.ts';
import type { Credentials } from './tokens.ts';

const timeoutMs = 2_000;
/** How long credentials are used that config could not be asked about since: it is away. */
const keptMs = 3_600_000;

type Known = { credentials: Credentials };

/**
 * What an application shows Conductor, undefined when it has nothing: asked of config whenever a token is exchanged, and
 * kept in memory alone, for when config is away.
 */
export function followCredentials(bus: Bus): (application: string) => Promise<Credentials> {
  const known = new LRUCache<string, Known>({ max: 1_000, ttl: keptMs });
  return async (application) => {
    try {
      const ask = encodeJson({ application } satisfies CredentialsAsk);
      const answer = await bus.request(bus.subjects.config.credentials, ask, { timeoutMs });
      const credentials = decodeJson(credentialsAnswer, answer) ?? undefined;
      known.set(application, { credentials });
      return credentials;
    } catch (error) {
      const before = known.get(application);
      if (before && error instanceof BusError) return before.credentials;
      // Nothing of the answer is quoted: it may hold the secret.
      const cause = error instanceof BusError ? error : undefined;
      throw new ConductorError('no-credentials', `the credentials of ${application} cannot be read`, { cause });
    }
  };
}
