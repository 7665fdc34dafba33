import { Counter, Gauge, type Registry } from 'prom-client';

/** What the HTTP server counts of itself. */
export function createHttpMetrics(registry: Registry) {
  const registers = [registry];
  const refused = new Counter({
    name: 'rostrum_ingress_connections_refused_total',
    help: 'Connections closed unread: `total` over MAX_CONNECTIONS, `address` over MAX_CONNECTIONS_PER_ADDRESS, `tls` where no TLS came about.',
    labelNames: ['reason'],
    registers,
  });
  const sessionErrors = new Counter({
    name: 'rostrum_ingress_http2_errors_total',
    help: 'Connections of HTTP/2 that were ended for what the client sent.',
    registers,
  });
  const reloads = new Counter({
    name: 'rostrum_ingress_certificate_failures_total',
    help: 'Looks at the certificate’s files that found a pair that cannot be used; the one before stays.',
    registers,
  });
  const validUntil = new Gauge({
    name: 'rostrum_ingress_certificate_expires_seconds',
    help: 'When the certificate in use ends, in seconds since 1970; 0 without TLS.',
    registers,
  });
  return {
    refused: (reason: 'total' | 'address' | 'tls') => refused.inc({ reason }),
    sessionFailed: () => sessionErrors.inc(),
    certificateFailed: () => reloads.inc(),
    certificateLoaded: (until: number) => validUntil.set(until / 1_000),
    /** To be called once, when the server is there. */
    watch: (open: () => number): Gauge =>
      new Gauge({
        name: 'rostrum_ingress_connections',
        help: 'Connections that are open.',
        registers,
        collect() {
          this.set(open());
        },
      }),
  };
}

export type HttpMetrics = ReturnType<typeof createHttpMetrics>;
