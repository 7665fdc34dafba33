import { setTimeout as delay } from 'node:timers/promises';
import {
  type Context,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Attributes, Span, SpanKind, TraceContext, Tracing, TracingOptions } from './index.ts';

/** How long a process that stops waits for the collector to take what is left (ms). */
const FLUSH_MS = 2_000;
/** A collector that is away is told of once in so long (ms). */
const COMPLAIN_EVERY_MS = 60_000;
/** How long spans are gathered before they are sent (ms), and how many are kept for a collector that is slow or away. */
const GATHER_MS = 1_000;
const MOST_KEPT = 4_096;
/** How long the collector may take to take them, tries that fail included (ms). */
const SEND_MS = 5_000;

const kinds: Record<SpanKind, OtelSpanKind> = {
  server: OtelSpanKind.SERVER,
  consumer: OtelSpanKind.CONSUMER,
  client: OtelSpanKind.CLIENT,
  internal: OtelSpanKind.INTERNAL,
};
const propagator = new W3CTraceContextPropagator();
const getter = {
  keys: (context: TraceContext) => Object.keys(context),
  get: (context: TraceContext, name: string) => context[name as keyof TraceContext] || undefined,
};
const setter = {
  set: (context: TraceContext, name: string, value: string) => void (context[name as keyof TraceContext] = value),
};

/** Spans by OpenTelemetry's SDK, sent to `endpoint` as OTLP/HTTP JSON. The one module that knows of it. */
export function openTelemetry(endpoint: string, { settings, service, process, log }: TracingOptions): Tracing {
  let complainedAt = Number.NEGATIVE_INFINITY;
  setGlobalErrorHandler((error) => {
    if (performance.now() - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = performance.now();
    log.warn({ err: error, endpoint }, 'spans cannot be sent and are dropped');
  });
  const ratio = settings.OTEL_TRACES_SAMPLER_ARG;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': `rostrum-${service}`,
      'service.namespace': settings.NAMESPACE,
      'service.instance.id': process,
    }),
    sampler: new ParentBasedSampler({
      root: ratio === 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio),
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: SEND_MS }),
        scheduledDelayMillis: GATHER_MS,
        maxQueueSize: MOST_KEPT,
      }),
    ],
  });
  const tracer = provider.getTracer('rostrum');
  return {
    begin: (name, kind, parent, attributes) =>
      beginSpan(tracer, name, kind, propagator.extract(ROOT_CONTEXT, parent, getter), attributes),
    async close() {
      const sent = provider.shutdown().catch((error: unknown) => log.warn({ err: error }, 'the last spans are lost'));
      await Promise.race([sent, delay(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}

function beginSpan(tracer: Tracer, name: string, kind: SpanKind, parent: Context, attributes: Attributes = {}): Span {
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent);
  return new OpenSpan(tracer, span, trace.setSpan(parent, span));
}

class OpenSpan implements Span {
  readonly context: TraceContext = { traceparent: '', tracestate: '' };
  readonly #tracer: Tracer;
  readonly #span: OtelSpan;
  readonly #within: Context;

  constructor(tracer: Tracer, span: OtelSpan, within: Context) {
    this.#tracer = tracer;
    this.#span = span;
    this.#within = within;
    propagator.inject(within, this.context, setter);
  }

  child(name: string, kind: SpanKind, attributes?: Attributes): Span {
    return beginSpan(this.#tracer, name, kind, this.#within, attributes);
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(error?: string): void {
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}
