import { createServer, type Server } from 'node:http';
import { createSecureServer, type SecureServerOptions } from 'node:http2';
import type { Settings } from '../config.ts';
import type { KeyPair } from './certificates.ts';

/** How often connections are looked through for those that take too long, at most (ms); Node's own is 30 s. */
const CHECK_EVERY_MS = 1_000;

/** TLS 1.2 with forward secrecy and AEAD alone, as Mozilla's “intermediate” has it; TLS 1.3 brings its own. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * Node's server with every bound set: HTTP/1.1, or with a key pair TLS that speaks HTTP/2 and HTTP/1.1 (by ALPN).
 * HTTP/2 without TLS is not spoken.
 */
export function createListener(settings: Settings, pair: KeyPair | undefined): Server {
  const http1 = {
    maxHeaderSize: settings.MAX_HEADER_BYTES,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    headersTimeout: headersTimeout(settings),
    keepAliveTimeout: settings.KEEP_ALIVE_MS,
    connectionsCheckingInterval: checkEvery(settings),
    // A request without a Host gets a problem of ours, where Node would answer with an empty 400.
    requireHostHeader: false,
    // Without a body there is nothing to read, and nobody asks for it.
    optimizeEmptyRequests: true,
  };
  const server = pair
    ? // Both have the same events, and requests and responses of the same shape.
      (createSecureServer({ ...tlsOptions(settings), ...pair, ...http1 }) as unknown as Server)
    : createServer(http1);
  server.maxConnections = settings.MAX_CONNECTIONS;
  // Headers beyond it would be left out silently; faultOfHead refuses the request.
  server.maxHeadersCount = 0;
  return server;
}

/** Node wants the headers' time to be within the whole request's. */
function headersTimeout({ HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS }: Settings): number {
  return Math.min(HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS);
}

/** How often connections are looked through for those that take too long (ms): often enough for what is set. */
export function checkEvery(settings: Settings): number {
  return Math.min(CHECK_EVERY_MS, Math.ceil(headersTimeout(settings) / 4));
}

function tlsOptions(settings: Settings): SecureServerOptions {
  // Frames that break the protocol, and streams that we refuse, before the connection ends. Missing from Node's types.
  const bounds = { maxSessionInvalidFrames: 10, maxSessionRejectedStreams: settings.HTTP2_MAX_STREAMS };
  return {
    ...bounds,
    ...{ allowHTTP1: true, minVersion: 'TLSv1.2', ciphers, honorCipherOrder: true },
    handshakeTimeout: headersTimeout(settings),
    settings: {
      maxConcurrentStreams: settings.HTTP2_MAX_STREAMS,
      maxHeaderListSize: settings.MAX_HEADER_BYTES,
      enablePush: false,
    },
    maxHeaderListPairs: settings.MAX_HEADERS,
    // Streams that are opened and reset at once (CVE-2023-44487): so many at a time, and a second, then the connection ends.
    streamResetBurst: 2 * settings.HTTP2_MAX_STREAMS,
    streamResetRate: settings.HTTP2_MAX_STREAMS,
    // Entries of one SETTINGS frame.
    maxSettings: 32,
    // What one connection may hold (MB): headers and frames that wait.
    maxSessionMemory: 10,
  };
}
