import type { ProblemCode } from './catalogue.ts';

/**
 * For whoever runs the gateway: what it means when this problem is told often, what to look at first, and what to do.
 * `docs/problems.md` has it below what the caller is told. Metrics and settings are named as they are; a test holds them
 * to it.
 */
export const runbook: Record<ProblemCode, string> = {
  'route-not-found':
    'Scanners make these every day, and they count under the service `none`. Many at once from known callers: a base path or route was changed or its service disabled, or this ingress lacks the newest configuration. Compare `rostrum_ingress_services` of all ingresses and look for `routes updated` in their logs; the history of the service in the admin API says who changed what. Services that name `hosts` are there on those alone: see which `Host` the proxy in front passes on.',
  'method-not-allowed':
    'The path is right and the method is not: a client of an older or newer contract, or a proxy that turns POST into GET by following a redirect. On `/<service>/executions/…` it is a DELETE whose route does not allow cancelling. Nothing is broken here.',
  unauthenticated:
    'A few are callers’ mistakes. If one service answers nothing else, its auth config is missing or was replaced: look it up in the admin API and in the audit log. If all services with keys do so on one ingress, its `DIGEST_KEY` is not config’s. Keys are nowhere in logs: ask the caller for its `requestId`, the line `request` with it says path and time.',
  forbidden:
    'The executor refuses before anything starts. The detail names application and workflow: grant EXECUTE in the admin API, or set the application of the auth config. If it is said since a change of configuration, the audit log tells which. A service that passes its caller’s token on says so, too, where there is none.',
  'malformed-request':
    'Counted under `none` where not even the path could be read. Seen often from one address: a scanner, or a proxy in front that writes requests in another way than this one reads them, which is how requests are smuggled; do not loosen anything. The line `request refused` has the parser’s own words in `causes`.',
  'headers-too-large':
    'Mostly cookies of a domain shared with other sites, or a token with too many claims. Have the proxy in front drop cookies, since the gateway reads none.',
  'expectation-failed':
    'A client, or a proxy on its way, that asks for something nobody has standardised. Nothing is broken here, and there is no setting for it.',
  'request-timeout':
    'Slow or broken clients, or somebody who holds connections open on purpose: a proxy in front that takes requests in whole protects better. `HEADERS_TIMEOUT_MS` and `REQUEST_TIMEOUT_MS` are the bounds; raise the second only for uploads that honestly take longer.',
  'malformed-body':
    'The client’s fault. If it began with a release of theirs, send them the `requestId` and the `errors` that they got. `BODY_MAX_MEMBERS` may be raised for a caller that honestly sends more; it bounds what a small request can cost.',
  'missing-parameter':
    'Client and route disagree. If many clients do so at once, the route was changed: see the revisions of its service in the admin API.',
  'input-schema-violation':
    'Client and schema disagree. If many do at once, schema or route was changed: its service’s revisions show the difference, and it can be rolled back. A check that “takes too long” is a schema for its author to simplify; meanwhile a smaller `BODY_LIMIT_BYTES` is of help.',
  'unsupported-media-type':
    'A client that forgets `Content-Type`, or sends a kind that the gateway does not take. There is no setting for it.',
  'payload-too-large':
    'The detail says which limit: `BODY_LIMIT_BYTES`, `EXPANDED_BODY_LIMIT_BYTES` (after decompression), or NATS’s `max_payload`, into which a request has to fit with all that is added to it. Raise `max_payload` before the others. Many with small bodies that expand: somebody tries compressed bombs, and they cost nothing.',
  'concurrency-limit-reached':
    'The route’s own limit (`rateLimitConfig`) does its work. If it is too low for honest traffic, raise it, or let requests wait (`waitInSeconds`). If it began suddenly, workflows take longer than they did or permits are held for ones that never end: `rostrum_executor_permits_watched` and `rostrum_executor_permits_held`, and the running workflows in Conductor.',
  'rate-limit-reached':
    'A limit (`rateLimit`) does its work; `rostrum_ingress_rate_refused_total` says whether the service’s or the route’s. If callers complain below their limit, see `rostrum_ingress_rate_away`: without Redis each ingress admits its share alone, and few ingresses may get most of the traffic. Where the key is `${request.address}` and all are counted as one, the address is that of a proxy.',
  'too-many-attempts':
    'Somebody guesses keys, or a client goes on with one that was taken from it. The access log’s lines of 429 and 401 say when and where; block the address in front of the gateway if it goes on. If honest callers are hit together they share an address: name the proxy in `TRUSTED_PROXIES`, so that the callers behind it are told apart.',
  'not-cached':
    'Said to those who ask for it alone, and no fault. If it is most of what they get, answers are not stored or not kept long: `rostrum_cache_fills_total`, `rostrum_cache_redis_connected`, and the route’s `cacheConfig`.',
  'idempotency-key-missing':
    'A client that does not know the rule yet. If it cannot learn it, set `idempotencyKeyRequired` of the route to false; its requests then run as often as they are sent.',
  'idempotency-in-flight':
    'A client that repeats before the first has ended: right, if impatient. Many for one key over minutes: its workflow runs that long, or nobody knows whether the first was started, and it is found out (`found what the first request with the key has started`, `its claim is taken over` in the executors’ logs).',
  'idempotency-key-reused':
    'A client that does not make up keys, or that changes what it repeats, such as a timestamp in the body. Nothing was run.',
  'idempotency-unresolved':
    'Rare: it takes an executor that died or lost Conductor in the moment of a start, and a Conductor whose look-ups by correlation id find nothing (no index). Search there by input or time, tell the caller whether its workflow runs, and give Conductor an index, so that the gateway can find out for itself.',
  'caller-gone':
    'Callers whose own timeouts are shorter than what they call. Compare theirs with the route’s `timeoutInSeconds` and with `rostrum_ingress_request_seconds`; a proxy in front may be what hangs up. Workflows go on, and permits stay taken until they end.',
  'script-failed':
    'For the route’s author: the detail has the script’s own message with line and column, and what it wrote to `console` is in the executor’s line `script log`. If it fails since a change, roll the service back. If all scripts of all services fail, look at `rostrum_executor_sandbox_ready` and the executor’s log.',
  'script-timeout':
    'The script loops, or works through more data than it is meant for; `rostrum_executor_sandbox_kills_total` counts. It takes a process from others while it does: `SCRIPT_TIMEOUT_MS` and `SCRIPT_MEMORY_MB` bound it. If short scripts time out, too, the machine has too little CPU for `SCRIPT_PROCESSES`.',
  'workflow-failed':
    'The workflow was started and ended badly: open `workflowId` in Conductor. Many at once: a worker or a service that the workflow calls is down. The gateway adds nothing to it and tries nothing again.',
  'workflow-timed-out':
    'Its definition says how long it may take (`timeoutSeconds`, TIME_OUT_WF), and it took longer. Most often no worker polls for one of its tasks: see the task queues in Conductor.',
  'workflow-not-found':
    'The definition was never registered there, or removed, or the executor’s `CONDUCTOR_SERVER_URL` is another Conductor than the one you have in mind. The admin API warns of it when a route is stored.',
  'awaited-task-failed':
    'As workflow-failed, for the task that the route waits for; `reason` is the task’s. “Ended without it” means that the name in `waitUntilTasks` is on a branch that was not taken, or misspelt.',
  'output-schema-violation':
    'Workflow and route have drifted apart: `errors` says where. The workflow has run. Roll back whichever was changed, or take the output schema from the route meanwhile.',
  'response-invalid':
    'The script or workflow behind `outputIsResponse` gives a status, header or body that no response may have; the detail says which. The workflow has run. It is for the route’s author, as are line breaks in a header: they may come from a caller’s input.',
  'response-too-large':
    'The workflow has run; only its answer does not fit. A post-response script can cut it down to what callers need. `max_payload` of NATS bounds it (1 MB unless set); up to 8 MB is what NATS advises at most.',
  'conductor-rejected':
    'The executor’s line `execution failed` has status and cause under the `requestId`; with `LOG_LEVEL=debug` also the beginning of what Conductor said. 401 or 403: `CONDUCTOR_AUTH_KEY` and its secret, or the application’s own access key. 5xx: Conductor’s own log. An answer that “cannot be read” may come from a proxy in between, or exceed `CONDUCTOR_MAX_RESPONSE_BYTES`.',
  'conductor-unavailable':
    'No connection, or one that broke: `causes` in the executor’s line `execution failed` says which (refused, unknown host, reset). Check Conductor and the network from the executor. Where a connection broke in the middle of a start, the workflow may run.',
  'conductor-failing':
    '`rostrum_executor_conductor_failing` is 1 and the executor has logged `Conductor` with `failing`. It probes four times a second and goes on by itself as soon as Conductor answers: nothing here needs a restart. Repair Conductor.',
  'conductor-timeout':
    'Conductor took longer than `CONDUCTOR_CALL_TIMEOUT_MS` for one call: see `rostrum_executor_conductor_call_seconds`, then its database. Workflows may have been started whose callers do not know it. A longer timeout helps only a server that is slow on purpose.',
  overloaded:
    'The detail says what is full. Executions: `rostrum_executor_executions` near `MAX_EXECUTIONS`, add executors. Scripts: `rostrum_executor_sandbox_waiting`, add executors or CPU. Conductor’s queue: `rostrum_executor_conductor_queued` and `rostrum_executor_conductor_limit`; more executors would make that worse, Conductor has to become faster.',
  'service-unavailable':
    'The detail says what is away. The bus: `rostrum_bus_connected`. No executor: are there any of that pool (`EXECUTOR_POOLS`), and ready? Permits or idempotency keys: Redis (`Redis is away` in the executor’s log), full perhaps. Configuration: config and its NATS buckets. All of them recover by themselves once what is missing is back.',
  'execution-not-found':
    'Another principal’s execution answers the same, on purpose. Executions are remembered for `EXECUTION_KEEP_SECONDS` in Redis; if fresh ones are not found, Redis has lost its data, or `no record of the execution` is in an executor’s log.',
  'deadline-exceeded':
    'An executor had the request and never said a word: it hangs, or was killed with nobody to take over, or the network lost it. Compare `rostrum_bus_requests_pending`, `up` and `nodejs_eventloop_lag_p99_seconds` of the executors. Before a client repeats the request it should use an `Idempotency-Key`. Where a cached route says so, the run that it waited for took longer than its time.',
  'internal-error':
    'A fault in Rostrum. The lines with its `requestId` have the stack, in the ingress’s log (`problem`) or the executor’s (`execution failed`). Replicas of releases that do not follow each other may cause it, too: see that all are of one, then report it with the lines.',
};
