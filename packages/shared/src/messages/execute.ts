import { bytes, flag, number, oneOf, record, since, text, u32 } from '../codec/record.ts';

/** One request to run a route's workflow, published by an ingress for one executor of the route's pool. */
export const execute = record({
  /** The caller's request, on every log line about it. */
  requestId: text,
  service: text,
  revision: number,
  route: text,
  /** Who calls: `key:<digest prefix>`, `anonymous`. */
  principal: text,
  /** The merged workflow input: JSON text of an object, not parsed on its way. */
  input: bytes,
  /** Where the answer is to be stored, `''`: nowhere. */
  cacheKey: text,
  /** In whose name the cache's lock is held, `''`: nobody's. */
  cacheHolder: text,
  /** W3C trace context of the caller, `''`: none. */
  traceparent: text,
  /** `Prefer: respond-async`: answered as soon as the workflow runs. */
  respondAsync: since(3, flag, false),
  /** `Prefer: wait`: how long the caller waits for the end (ms), shorter than the deadline; 0: until the deadline. */
  waitMs: since(3, u32, 0),
  /** The `Idempotency-Key` as sent, `''` for none; scoped to service, route and principal by the executor. */
  idempotencyKey: since(3, text, ''),
  /** Digest of the request under that key: method, path, query and body. */
  requestDigest: since(3, text, ''),
  /** With a key whose first request still runs: wait for its answer (`Prefer: wait`) instead of a 409. */
  awaitFirst: since(3, flag, false),
  /** The caller's own token, verified, where the service passes it through to Conductor; `''` for none. Never stored. */
  callerToken: since(3, text, ''),
  /** Tell how long each step took, see decodeTimings: asked for when a route is tried, and in codec version 4. */
  timings: since(4, flag, false),
});
export type Execute = ReturnType<typeof execute.decode>;

/** What is asked of an execution whose caller left with its id; answered with an Outcome. */
export const executionLook = record({
  requestId: text,
  service: text,
  workflowId: text,
  principal: text,
  /** *look*: how it stands. *cancel*: end it. */
  action: since(3, oneOf(['look', 'cancel']), 'look'),
  /** `Prefer: wait`: how long a look waits for the end (ms). */
  waitMs: since(3, u32, 0),
});

/** Told to every executor: a permit of a scope, named by its digest, is free, and somebody waits for one. */
export const freedNotice = record({ pool: text, scope: text });
