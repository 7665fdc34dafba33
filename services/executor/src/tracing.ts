import type { Span, SpanKind, Tracing } from '@rostrum/tracing';
import { ConductorError } from './domain/conductor.ts';
import type { Deps } from './pipeline/context.ts';
import type { handleExecution } from './pipeline/handle-execution.ts';
import { replacing } from './pipeline/replacing.ts';

type Handle = typeof handleExecution;

/**
 * A span for each execution, with one below it for each permit, script, start and wait. The pipeline knows nothing of
 * them: what it works with is watched.
 */
export function traceExecutions(handle: Handle, tracing: Tracing): Handle {
  return async (asked, deps) => {
    const { request } = asked;
    const { requestId, service, route, traceparent } = request;
    const attributes = { 'rostrum.service': service, 'rostrum.route': route, 'rostrum.request_id': requestId };
    const span = tracing.begin(`execute ${service}`, 'consumer', { traceparent, tracestate: '' }, attributes);
    const handled = await handle(
      { ...asked, request: { ...request, traceparent: span.context.traceparent } },
      watched(deps, span),
    ).catch((error: Error) => {
      span.end(error.name);
      throw error;
    });
    const problem = handled.kind === 'problem' ? handled.problem : undefined;
    const workflowId = handled.kind === 'problem' ? problem?.extras.workflowId : idOf(handled);
    span.set({ 'rostrum.outcome': problem?.code ?? handled.kind, 'rostrum.workflow_id': workflowId });
    span.end(problem && problem.status >= 500 ? problem.code : undefined);
    return handled;
  };
}

function idOf(handled: object): string | undefined {
  return 'workflowId' in handled ? String(handled.workflowId) : undefined;
}

function watched(deps: Deps, parent: Span): Deps {
  const { permits, sandbox, conductor, waits } = deps;
  const within = async <T>(name: string, kind: SpanKind, work: (span: Span) => Promise<T>): Promise<T> => {
    const span = parent.child(name, kind);
    try {
      const result = await work(span);
      span.end();
      return result;
    } catch (error) {
      span.end(errorType(error));
      throw error;
    }
  };
  return {
    ...deps,
    permits: replacing(permits, {
      take: (...how) => within('permit', 'internal', () => permits.take(...how)),
    }),
    sandbox: replacing(sandbox, {
      run: (script) => within('script', 'internal', () => sandbox.run(script)),
    }),
    conductor: replacing(conductor, {
      start: (request, turn) =>
        within('start', 'client', ({ context: { traceparent } }) => conductor.start({ ...request, traceparent }, turn)),
    }),
    waits: replacing(waits, {
      wait: (request) => within('wait', 'internal', () => waits.wait(request)),
    }),
  };
}

/** Nothing of what Conductor or a script said, which may be a caller's data. */
function errorType(error: unknown): string {
  if (error instanceof ConductorError) return error.fault;
  return error instanceof Error ? error.name : 'unknown';
}
