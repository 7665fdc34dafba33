import type { Bus } from '@rostrum/shared/bus';
import { decodeJson, encodeJson, revisionAsk, type SnapshotAnswer, snapshotAsk } from '@rostrum/shared/messages';
import { queues } from '@rostrum/shared/subjects';
import type { Part, RevisionStore } from '../storage/store.ts';
import { pageOf } from './page.ts';
import { cacheParts } from './part-cache.ts';

const cacheBytes = 32 * 1_048_576;

/** Serves the look-ups of ingresses and executors, shared among all config replicas. */
export function serveLookups(bus: Bus, revisions: RevisionStore, pageBytes: number): { leave(): Promise<void> } {
  const get = cacheParts(cacheBytes, (service, revision, part) => revisions.get(service, revision, part));
  const { snapshot, edge, execution } = bus.subjects.config;
  const part = (name: Part) => async (request: { payload: Uint8Array }) => {
    const { service, revision } = decodeJson(revisionAsk, request.payload);
    return (await get(service, revision, name)) ?? encodeJson(null);
  };
  const responders = [
    bus.serve(snapshot, queues.config, ({ payload }) => {
      const { after } = decodeJson(snapshotAsk, payload);
      return encodeJson(snapshotPage(revisions, after, pageBytes));
    }),
    bus.serve(edge, queues.config, part('edge')),
    bus.serve(execution, queues.config, part('execution')),
  ];
  return { leave: async () => void (await Promise.all(responders.map((responder) => responder.leave()))) };
}

/** Heads in order of name, from the first one after `after` on. */
export function snapshotPage(revisions: RevisionStore, after: string, pageBytes: number): SnapshotAnswer {
  const names = [...revisions.heads.keys()].filter((name) => name > after).sort();
  const heads = names.flatMap((name) => revisions.heads.get(name) ?? []);
  const page = pageOf(heads, pageBytes);
  const last = page.at(-1);
  return {
    sequence: revisions.sequence,
    heads: page,
    ...(last && page.length < heads.length ? { next: last.service } : {}),
  };
}
