import { type Gateway, startGateway, waitFor } from '@rostrum/testkit';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, type SentSpan, startCollector } from './collector.ts';
import { call, publish, register } from './support.ts';

/** One trace from the caller's own span to the workflow, through real processes and a collector that speaks OTLP. */
let gateway: Gateway;
let collector: Collector;

const route = (path: string, more: object = {}) => ({
  httpMethod: 'POST',
  path,
  mappedWorkflow: { name: 'traced', version: 1, requestMetadataAsInput: true },
  ...more,
});

beforeAll(async () => {
  collector = await startCollector();
  gateway = await startGateway({ env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } } });
  await register(gateway, {
    name: 'traced',
    tasks: [{ name: 'none', taskReferenceName: 'none', type: 'NOOP' }],
    outputParameters: { headers: '${workflow.input.requestMetadata.headers}' },
  });
  await register(gateway, { name: 'human', tasks: [{ name: 'wait', taskReferenceName: 'wait', type: 'HUMAN' }] });
  await publish(gateway, 'traced', [
    { ...route('/waiting'), mappedWorkflow: { name: 'human', version: 1 } },
    route('/steps/{id}', {
      rateLimitConfig: { rateLimitKey: '${workflow.input.id}', concurrentExecLimit: 5 },
      preRequestScript: '$',
    }),
    route('/failing', { preRequestScript: 'throw new Error("no")' }),
  ]);
});
afterAll(async () => {
  await gateway?.stop();
  collector?.close();
});

const callerSpan = '00f067aa0ba902b7';
const traceparent = (trace: string, flags = '01') => `00-${trace}-${callerSpan}-${flags}`;
const post = (path: string, headers: Record<string, string> = {}) =>
  call(gateway, 'POST', path, { key: null, body: {}, headers });

async function conductor<T>(method: 'GET' | 'POST', path: string, body?: string): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await request(`${gateway.conductorUrl}${path}`, { method, headers, ...(body ? { body } : {}) });
  const text = await answer.body.text();
  expect(answer.statusCode, text).toBe(200);
  return (method === 'GET' ? JSON.parse(text) : undefined) as T;
}

/** All spans of a trace, once there are so many. */
async function spansOf(trace: string, count: number): Promise<Map<string, SentSpan>> {
  const spans = () => collector.spans.filter(({ traceId }) => traceId === trace);
  await waitFor(() => spans().length >= count, { what: `${count} spans of ${trace}` });
  return new Map(spans().map((span) => [span.name, span]));
}

it('a request is one trace, from its caller’s span through ingress and executor into the workflow', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await post('/traced/steps/7', { traceparent: traceparent(trace), tracestate: 'vendor=x' });
  expect(answer.status).toBe(200);
  const spans = await spansOf(trace, 6);
  const server = spans.get('POST /traced/steps/{id}') as SentSpan;
  expect(server).toMatchObject({ parentSpanId: callerSpan, service: 'rostrum-ingress', isError: false });
  expect(server.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/traced/steps/{id}',
    'http.response.status_code': 200,
    'rostrum.service': 'traced',
    'rostrum.request_id': answer.headers['x-request-id'],
  });
  const execution = spans.get('execute traced') as SentSpan;
  expect(execution).toMatchObject({ parentSpanId: server.spanId, service: 'rostrum-executor', isError: false });
  expect(execution.attributes).toMatchObject({
    'rostrum.route': 'POST /steps/{id}',
    'rostrum.outcome': 'ok',
    'rostrum.workflow_id': expect.any(String),
  });
  for (const step of ['permit', 'script', 'start', 'wait'])
    expect(spans.get(step), step).toMatchObject({ parentSpanId: execution.spanId, isError: false });

  expect(answer.body.headers, 'the workflow’s requestMetadata').toMatchObject({
    traceparent: `00-${trace}-${server.spanId}-01`,
    tracestate: 'vendor=x',
  });
});

it('what fails by a problem of 500 and up is an error, with its code; what the caller did wrong is none', async () => {
  const failing = '11111111111111111111111111111111';
  expect((await post('/traced/failing', { traceparent: traceparent(failing) })).status).toBe(500);
  const spans = await spansOf(failing, 3);
  for (const name of ['POST /traced/failing', 'execute traced'])
    expect(spans.get(name), name).toMatchObject({ isError: true, attributes: { 'error.type': 'script-failed' } });
  expect(spans.get('script')).toMatchObject({ isError: true, attributes: { 'error.type': 'ScriptError' } });

  const lost = '22222222222222222222222222222222';
  expect((await post('/traced/nowhere', { traceparent: traceparent(lost) })).status).toBe(404);
  const [span] = (await spansOf(lost, 1)).values();
  expect(span).toMatchObject({ name: 'POST', isError: false, attributes: { 'rostrum.problem': 'route-not-found' } });
});

it('an execution that another executor takes over goes on in its trace', async () => {
  const trace = '44444444444444444444444444444444';
  const waiting = post('/traced/waiting', { traceparent: traceparent(trace) });
  const workflowId = await waitFor(async () => (await conductor<string[]>('GET', '/workflow/running/human'))[0]);
  await gateway.stack.add('executor');
  await gateway.stack.services.executor[0]?.stop();
  const execution = (await spansOf(trace, 3)).get('execute traced') as SentSpan;
  expect(execution).toMatchObject({ isError: false, attributes: { 'rostrum.outcome': 'handed-over' } });
  await conductor('POST', `/tasks/${workflowId}/wait/COMPLETED`, '{}');
  expect((await waiting).status).toBe(200);
  const resumed = (await spansOf(trace, 6)).get('resume traced') as SentSpan;
  expect(resumed).toMatchObject({ parentSpanId: execution.spanId, service: 'rostrum-executor', isError: false });
  expect(resumed.attributes).toMatchObject({ 'rostrum.outcome': 'ok', 'rostrum.workflow_id': workflowId });
  const wait = collector.spans.filter(({ traceId, name }) => traceId === trace && name === 'wait').at(-1);
  expect(wait?.parentSpanId).toBe(resumed.spanId);
});

it('a caller’s decision not to trace is kept, and who has none starts a trace', async () => {
  const quiet = '33333333333333333333333333333333';
  const answer = await post('/traced/steps/7', { traceparent: traceparent(quiet, '00') });
  expect(answer.body.headers.traceparent).toMatch(new RegExp(`^00-${quiet}-[\\da-f]{16}-00$`));

  const fresh = await post('/traced/steps/7', { traceparent: 'garbage', tracestate: 'vendor=x' });
  const [, trace] = String(fresh.body.headers.traceparent).split('-');
  expect(fresh.body.headers.tracestate).toBeUndefined();
  expect((await spansOf(trace as string, 6)).get('POST /traced/steps/{id}')).toMatchObject({ parentSpanId: '' });
  expect(collector.spans.filter(({ traceId }) => traceId === quiet)).toEqual([]);
});
