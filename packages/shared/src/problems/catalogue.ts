/**
 * Every problem a caller can be told, once. `docs/problems.md` is generated from here; a problem's `type` is
 * `https://rostrum.dev/problems#<code>`.
 */

/** Whose fault it is: the caller's, the route's author's, the gateway's operator's, or Conductor's. */
export type Owner = 'caller' | 'route' | 'gateway' | 'conductor';

interface Entry {
  status: number;
  title: string;
  owner: Owner;
  /** What it means and what to do about it: the entry in the runbook. */
  help: string;
}

export const catalogue = {
  'route-not-found': {
    status: 404,
    title: 'No such route',
    owner: 'caller',
    help: 'No enabled service has a route at this path. Check the base path and the path; paths are case-sensitive.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    owner: 'caller',
    help: 'The path exists for the methods that `Allow` lists.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    owner: 'caller',
    help: 'Send a valid key as `X-API-Key: <key>` or `Authorization: Bearer <key>`, or a token of the service’s issuer as `Authorization: Bearer <token>`. `WWW-Authenticate` says what was wrong with a token. A service without an auth config lets nobody in.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    owner: 'caller',
    help: 'The application of the service may not run this workflow. Grant it EXECUTE, or name another application.',
  },
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    owner: 'caller',
    help: 'The request line, the headers or the URL cannot be read, such as a broken percent escape, a missing `Host` or more than 1,000 query parameters.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers too large',
    owner: 'caller',
    help: 'The request line and headers together may have 16 KB. Send less in them.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request took too long',
    owner: 'caller',
    help: 'The request did not arrive whole within the gateway’s time; send it again.',
  },
  'malformed-body': {
    status: 400,
    title: 'Malformed body',
    owner: 'caller',
    help: 'The body is not valid JSON, no form or not UTF-8, is not encoded as `Content-Encoding` says, nests deeper than 64 levels, has a member twice, a name that reaches a prototype (`__proto__`, `constructor.prototype`) or more members than `BODY_MAX_MEMBERS`; the detail says which, `errors` where.',
  },
  'missing-parameter': {
    status: 400,
    title: 'Missing parameter',
    owner: 'caller',
    help: 'The route requires query parameters that the request lacks; `errors` names all of them.',
  },
  'input-schema-violation': {
    status: 400,
    title: 'Input does not fit the schema',
    owner: 'caller',
    help: 'The input violates the route’s input schema; `errors` lists every fault (50 at most) with its JSON pointer. One that says that the check takes too long was cut off after half a second: the schema is one that does not go with so large an input.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    owner: 'caller',
    help: 'Send the body as JSON (`application/json`, `application/…+json`) or as a form (`application/x-www-form-urlencoded`), in UTF-8, as it is or encoded as gzip, br or zstd.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Payload too large',
    owner: 'caller',
    help: 'The request is larger than the gateway or its bus takes, or its body expands to more; the detail names the limit.',
  },
  'concurrency-limit-reached': {
    status: 429,
    title: 'Concurrency limit reached',
    owner: 'caller',
    help: 'As many executions as the route allows for this key are running. Try again after `Retry-After`.',
  },
  'rate-limit-reached': {
    status: 429,
    title: 'Rate limit reached',
    owner: 'caller',
    help: 'As many requests as the service or route allows for this key have come within its window. Try again after `Retry-After`; `RateLimit-Policy` names the limit.',
  },
  'too-many-attempts': {
    status: 429,
    title: 'Too many failed attempts',
    owner: 'caller',
    help: 'Too many requests from this address, or with this credential, were not authenticated (`AUTH_FAILURES_PER_ADDRESS`, `AUTH_FAILURES_PER_CREDENTIAL`); wait for `Retry-After`. A valid credential still lets in unless there were ten times as many. Where callers share the address of a proxy, name it in `TRUSTED_PROXIES` or `PROXY_PROTOCOL_FROM`.',
  },
  'not-cached': {
    status: 504,
    title: 'Not cached',
    owner: 'caller',
    help: 'The request asked for a stored answer alone (`Cache-Control: only-if-cached`), and there is none.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'Idempotency key missing',
    owner: 'caller',
    help: 'The route takes requests with an `Idempotency-Key` only. Make one up for each request, and send the same one when you repeat it.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'First request still running',
    owner: 'caller',
    help: 'The first request with this `Idempotency-Key` is still running. Repeat it after `Retry-After`, or with `Prefer: wait=<seconds>` to wait for its answer.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    owner: 'caller',
    help: 'This `Idempotency-Key` was used for another request: method, path, query and body have to be the same, byte for byte. Make up a new one.',
  },
  'idempotency-unresolved': {
    status: 502,
    title: 'First request unresolved',
    owner: 'conductor',
    help: 'The executor of the first request with this `Idempotency-Key` died or lost touch while it started the workflow, and Conductor cannot look workflows up by correlation id, so nobody knows whether it runs. It is never started a second time: look in Conductor, and send the request with a new key if it does not run there.',
  },
  'caller-gone': {
    status: 499,
    title: 'Caller gone',
    owner: 'caller',
    help: 'The caller hung up before it had its answer, so nobody sees this one: it stands in logs and metrics. What had begun goes on.',
  },
  'script-failed': {
    status: 500,
    title: 'Script failed',
    owner: 'route',
    help: 'The route’s pre-request or post-response script threw, does not compile, or gave no JSON value.',
  },
  'script-timeout': {
    status: 500,
    title: 'Script took too long',
    owner: 'route',
    help: 'The route’s script did not end within its time or memory limit and was stopped.',
  },
  'workflow-failed': {
    status: 502,
    title: 'Workflow failed',
    owner: 'route',
    help: 'The workflow ended FAILED or TERMINATED; `workflowId`, `workflowStatus` and `reason` say more.',
  },
  'workflow-timed-out': {
    status: 504,
    title: 'Workflow timed out',
    owner: 'route',
    help: 'The workflow ended TIMED_OUT by its own definition.',
  },
  'workflow-not-found': {
    status: 502,
    title: 'Workflow not found',
    owner: 'route',
    help: 'Conductor does not know the workflow (or the version) that the route names. Register it.',
  },
  'awaited-task-failed': {
    status: 502,
    title: 'Awaited task failed',
    owner: 'route',
    help: 'A task named in `waitUntilTasks` failed for good, or the workflow ended without it.',
  },
  'output-schema-violation': {
    status: 502,
    title: 'Output does not fit the schema',
    owner: 'route',
    help: 'The workflow’s output violates the route’s output schema; `errors` lists every fault.',
  },
  'response-invalid': {
    status: 502,
    title: 'Response invalid',
    owner: 'route',
    help: 'The route’s result is to name its own status, headers and body (`outputIsResponse`), and names what no HTTP response can have; the detail says what.',
  },
  'response-too-large': {
    status: 502,
    title: 'Response too large',
    owner: 'route',
    help: 'The answer is larger than the bus carries. Return less, or raise `max_payload` of NATS.',
  },
  'conductor-rejected': {
    status: 502,
    title: 'Conductor rejected the request',
    owner: 'conductor',
    help: 'Conductor answered with an error or with something that is not its protocol; the log has its answer.',
  },
  'conductor-unavailable': {
    status: 502,
    title: 'Conductor unavailable',
    owner: 'conductor',
    help: 'Conductor cannot be reached. Check `CONDUCTOR_SERVER_URL` and the server’s health.',
  },
  'conductor-failing': {
    status: 503,
    title: 'Conductor failing',
    owner: 'conductor',
    help: 'Conductor has failed several times in a row and is not called until it answers again. A request that was to start a workflow has started none. Try again after `Retry-After`.',
  },
  'conductor-timeout': {
    status: 504,
    title: 'Conductor took too long',
    owner: 'conductor',
    help: 'Conductor did not answer a call in time. The workflow may have been started.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    owner: 'gateway',
    help: 'The gateway cannot serve this before its deadline. Try again after `Retry-After`, or scale out.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    owner: 'gateway',
    help: 'A part of the gateway is away (NATS, Redis, or no executor for the route’s pool), or the issuer of the caller’s token does not answer: the log of the ingress says why its keys cannot be read. Try again after `Retry-After`.',
  },
  'execution-not-found': {
    status: 404,
    title: 'No such execution',
    owner: 'caller',
    help: 'This service did not start that execution, or no longer remembers it.',
  },
  'deadline-exceeded': {
    status: 504,
    title: 'Deadline exceeded',
    owner: 'gateway',
    help: 'No answer came in time. A workflow may have been started, but nobody could say so.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    owner: 'gateway',
    help: 'A fault of the gateway itself. The log has it under this `requestId`; please report it.',
  },
} as const satisfies Record<string, Entry>;

export type ProblemCode = keyof typeof catalogue;

export const problemCodes = Object.keys(catalogue) as ProblemCode[];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(catalogue, code);
}
