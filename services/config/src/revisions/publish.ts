import { encodeJson } from '@rostrum/shared/messages';
import { compile, compilerVersion, revisionOf } from '../domain/compile.ts';
import type { ConfigStore, RevisionStore } from '../storage/store.ts';
import { parts } from '../storage/store.ts';

/**
 * Brings one service's newest revision out: both parts first, then the head, so that a head never names what is not
 * there. No effect when that was done. Two replicas may do it at once: they compile the same, and the first one wins.
 */
async function publishRevision(config: ConfigStore, revisions: RevisionStore, service: string): Promise<void> {
  const revision = revisionOf(config.state, service);
  if (!isInCharge(config) || revision === undefined || !isBehind(revisions, service, revision)) return;
  const value = config.state.services.get(service)?.value;
  if (!value) return revisions.moveHead({ service, revision, deleted: true });
  const compiled = compile(config.state, value);
  await Promise.all(parts.map((part) => revisions.put(service, revision, part, encodeJson(compiled[part]))));
  await revisions.moveHead({ service, revision });
}

/** Services whose head is older than their configuration, and which this replica may compile. */
export function servicesBehind(config: ConfigStore, revisions: RevisionStore): string[] {
  const { state } = config;
  if (!isInCharge(config)) return [];
  return [...state.services.keys()].filter((id) => isBehind(revisions, id, revisionOf(state, id) ?? 0));
}

/** While releases are mixed, those with the compiler that is stored compile: others would make something else of it. */
function isInCharge({ state }: ConfigStore): boolean {
  return state.compiler.value?.version === compilerVersion;
}

function isBehind(revisions: RevisionStore, service: string, revision: number): boolean {
  return (revisions.heads.get(service)?.revision ?? 0) < revision;
}

const parallel = 8;

/** Brings out the newest revisions of these services, a few at a time. */
export async function publishAll(
  config: ConfigStore,
  revisions: RevisionStore,
  services: readonly string[],
): Promise<void> {
  for (let at = 0; at < services.length; at += parallel) {
    const some = services.slice(at, at + parallel);
    await Promise.all(some.map((service) => publishRevision(config, revisions, service)));
  }
}
