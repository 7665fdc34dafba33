import type { Logger } from '@rostrum/service/logger';
import { z } from 'zod';

/** What a service that traces understands; OpenTelemetry's own names. Spread it into the service's schema. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\//, 'use http://host:4318')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'Base URL of an OTLP/HTTP collector that spans are sent to, at `/v1/traces`; without it nothing is traced. Headers for it stand in `OTEL_EXPORTER_OTLP_HEADERS`.',
    ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Part (0 to 1) of the requests without a `traceparent` that are traced. One that has it is traced if it says so.',
    ),
};

/** W3C trace context, as its headers have it; `''` where there is none. */
export interface TraceContext {
  traceparent: string;
  tracestate: string;
}

export type SpanKind = 'server' | 'consumer' | 'client' | 'internal';
export type Attributes = Record<string, string | number | boolean | undefined>;

/** A piece of work of a trace. Nothing is sent before it has ended. */
export interface Span {
  /** For those who go on with the work elsewhere. */
  readonly context: TraceContext;
  child(name: string, kind: SpanKind, attributes?: Attributes): Span;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** `error`: what kind of error it was, of a closed list; absent where it is not one, or somebody else's. */
  end(error?: string): void;
}

export interface Tracing {
  /** Begins a span below `parent`, or a new trace where that is none. */
  begin(name: string, kind: SpanKind, parent: TraceContext, attributes?: Attributes): Span;
  /** Sends what is left, for two seconds at most. Never rejects. */
  close(): Promise<void>;
}

export interface TracingOptions {
  settings: Readonly<z.output<z.ZodObject<typeof tracingSettings>>> & { readonly NAMESPACE: string };
  service: string;
  /** Names this process. */
  process: string;
  log: Logger;
}

/** Undefined, and nothing of OpenTelemetry loaded, unless there is somebody to send spans to. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const endpoint = options.settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(endpoint, options);
}
