import type { Bus } from '@rostrum/shared/bus';
import { decodeJson, credentialsAsk, encodeJson } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import { conductorPlace } from '../domain/applications.ts';
import type { Vault } from '../domain/vault.ts';
import type { ConfigStore } from '../storage/store.ts';

/**
 * Tells executors what an application shows Conductor: the one place where a secret leaves the service. Who may ask, and
 * listen to the answer, is a matter of NATS's rights (packages/stack/src/rights/table.ts).
 */
export function serveCredentials(bus: Bus, config: ConfigStore, vault: () => Vault): { leave(): Promise<void> } {
  return bus.serve(bus.subjects.config.credentials, queues.config, async ({ payload }) => {
    const { application } = decodeJson(credentialsAsk, payload);
    // It is asked for after it changed, maybe at another replica.
    await config.catchUp();
    const conductor = config.state.applications.get(application)?.value?.conductor;
    if (!conductor) return encodeJson(null);
    const keySecret = vault().open(conductor.sealedSecret, conductorPlace(application));
    return encodeJson({ keyId: conductor.keyId, keySecret });
  });
}
