import { bytes, number, record, since, text } from '../codec/record.ts';

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
  traceparent: since(2, text, ''),
});
export type Execute = ReturnType<typeof execute.decode>;

/** What a status look-up of an execution asks for; answered with an Outcome. */
export const executionLook = record({ requestId: text, service: text, workflowId: text, principal: text });
