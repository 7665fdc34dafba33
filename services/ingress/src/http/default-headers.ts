/**
 * Headers of every answer, where nothing else names them (OWASP's REST security sheet): the body is what its type says,
 * nobody keeps it, and a browser that is made to show it loads and frames nothing. What a route's own response names wins.
 */
const defaults = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** The headers of every answer. `hstsSeconds` is for connections of our own TLS (RFC 6797, section 7.2: never without). */
export function defaultHeaders(secure: boolean, hstsSeconds: number): Readonly<Record<string, string>> {
  return secure && hstsSeconds > 0 ? { ...defaults, 'strict-transport-security': `max-age=${hstsSeconds}` } : defaults;
}
