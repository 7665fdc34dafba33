import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as it was sent, with its attributes as a plain object. */
export interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  service: string;
  isError: boolean;
  attributes: Record<string, unknown>;
}

export interface Collector {
  url: string;
  readonly spans: SentSpan[];
  close(): void;
}

interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface ExportedSpan extends Pick<SentSpan, 'traceId' | 'spanId' | 'name'> {
  parentSpanId?: string;
  attributes: KeyValue[];
  status: { code: number };
}
interface Export {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: { spans: ExportedSpan[] }[];
  }[];
}

/** Status code of a span that ended in an error (OTLP's `STATUS_CODE_ERROR`). */
const ERROR = 2;

/** Takes traces by OTLP/HTTP with JSON bodies, as a collector does. */
export async function startCollector(): Promise<Collector> {
  const spans: SentSpan[] = [];
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Export;
    if (request.url !== '/v1/traces') return void response.writeHead(404).end();
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(plain(resource.attributes)['service.name']);
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const { traceId, spanId, parentSpanId = '', name, status } = span;
        const attributes = plain(span.attributes);
        spans.push({ traceId, spanId, parentSpanId, name, service, isError: status.code === ERROR, attributes });
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function plain(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
