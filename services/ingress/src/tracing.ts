import type { Tracing } from '@rostrum/tracing';
import type { Reply, Request } from './pipeline/context.ts';
import { singleHeader } from './pipeline/context.ts';

type Handle = (request: Request) => Promise<Reply>;

/**
 * A server span for each request (OpenTelemetry's conventions for HTTP). What the pipeline takes for the caller's trace
 * context, and passes on to executors and into `requestMetadata`, is the span's from here on.
 */
export function traceRequests(handle: Handle, tracing: Tracing): Handle {
  return async (request) => {
    const parent = {
      traceparent: singleHeader(request, 'traceparent') ?? '',
      tracestate: singleHeader(request, 'tracestate') ?? '',
    };
    const span = tracing.begin(request.method, 'server', parent, {
      'http.request.method': request.method,
      'rostrum.request_id': request.requestId,
    });
    const { traceparent: _, tracestate: __, ...headers } = request.headers;
    const { traceparent, tracestate } = span.context;
    request.headers = { ...headers, traceparent, ...(tracestate === '' ? {} : { tracestate }) };
    const reply = await handle(request);
    const { service, template } = request.matched ?? {};
    if (template !== undefined) span.rename(`${request.method} ${template}`);
    span.set({
      'http.route': template,
      'http.response.status_code': reply.status,
      'rostrum.service': service,
      'rostrum.problem': reply.problem,
    });
    span.end(reply.status >= 500 ? (reply.problem ?? String(reply.status)) : undefined);
    return reply;
  };
}
