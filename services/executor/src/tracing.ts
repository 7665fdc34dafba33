import type { Span, SpanKind, Tracing } from '@rostrum/tracing';
import { ConductorError } from './domain/conductor.ts';
import type { Deps } from './pipeline/context.ts';
import type { Handled, handleExecution } from './pipeline/handle-execution.ts';
import type { resumeExecution } from './pipeline/resume-execution.ts';
import { replacing } from './pipeline/replacing.ts';

type Handle = typeof handleExecution;
type Resume = typeof resumeExecution;

/**
 * A span for each execution, with one below it for each permit, script, start and wait. The pipeline knows nothing of
 * them: what it works with is watched.
 */
export function traceExecutions(handle: Handle, tracing: Tracing): Handle {
  return (asked, deps) => {
    const { request } = asked;
    const span = begin('execute', request, tracing);
    const { traceparent } = span.context;
    return spanning(span, handle({ ...asked, request: { ...request, traceparent } }, watched(deps, span)));
  };
}

/**
 * The same for executions that were taken over, below the span of the executor that began them; of one that died that
 * span was never sent, and the trace shows it as missing.
 */
export function traceResumed(resume: Resume, tracing: Tracing): Resume {
  return (orphan, deadline, deps) => {
    const span = begin('resume', orphan.intent, tracing);
    return spanning(span, resume(orphan, deadline, watched(deps, span)));
  };
}

interface Traced {
  service: string;
  route: string;
  requestId: string;
  traceparent?: string | undefined;
}

function begin(what: string, { service, route, requestId, traceparent = '' }: Traced, tracing: Tracing): Span {
  const attributes = { 'rostrum.service': service, 'rostrum.route': route, 'rostrum.request_id': requestId };
  return tracing.begin(`${what} ${service}`, 'consumer', { traceparent, tracestate: '' }, attributes);
}

/** Ends the span with what comes of the work. */
async function spanning<H extends Handled>(span: Span, work: Promise<H>): Promise<H> {
  let handled: H;
  try {
    handled = await work;
  } catch (error) {
    span.end(errorType(error));
    throw error;
  }
  const problem = handled.kind === 'problem' ? handled.problem : undefined;
  const workflowId = handled.kind === 'problem' ? problem?.extras.workflowId : idOf(handled);
  span.set({ 'rostrum.outcome': problem?.code ?? handled.kind, 'rostrum.workflow_id': workflowId });
  span.end(problem && problem.status >= 500 ? problem.code : undefined);
  return handled;
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
