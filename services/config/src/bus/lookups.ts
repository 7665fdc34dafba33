import type { Bus } from '@rostrum/shared/bus';
import {
  decodeJson,
  encodeJson,
  revisionAsk,
  type revisionPage,
  type SnapshotAnswer,
  snapshotAsk,
} from '@rostrum/shared/messages';
import type { z } from 'zod';
import { queues } from '@rostrum/shared/subjects';
import { largestPart, type Part, type RevisionStore } from '../storage/store.ts';
import { pageOf } from './page.ts';
import { cacheParts } from './part-cache.ts';

/** Room for the headers and the framing of a message of four pages. */
const framing = 16_384;
const cacheBytes = 2 * largestPart;

/**
 * Serves the look-ups of ingresses and executors, shared among all config replicas. What is too large
 * for a message goes out in pages; to those who do not take them it is as if it were gone, and they go on with what they have.
 */
export function serveLookups(bus: Bus, revisions: RevisionStore, pageBytes: number): { leave(): Promise<void> } {
  const get = cacheParts(cacheBytes, (service, revision, part) => revisions.get(service, revision, part));
  const { snapshot, edge, execution } = bus.subjects.config;
  const part = (name: Part) => async (request: { payload: Uint8Array }) => {
    const { service, revision, from } = decodeJson(revisionAsk, request.payload);
    const found = await get(service, revision, name);
    if (found && found.length <= 4 * pageBytes - framing) return found;
    return encodeJson(found && from !== undefined ? pageFrom(found, from, pageBytes) : null);
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

function pageFrom(part: Uint8Array, from: number, pageBytes: number): z.infer<typeof revisionPage> {
  const page = Buffer.from(part.subarray(from, from + 2 * pageBytes)).toString('base64');
  return { page, bytes: part.length };
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
