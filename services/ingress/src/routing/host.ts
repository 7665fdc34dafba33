import { Problem } from '@rostrum/shared/problems';

/** A name or IPv4 address, or an IPv6 address in brackets, and perhaps a port (RFC 3986, section 3.2). */
const authorityShape = /^([\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * The host name in an authority or Host header: in small letters, without port and trailing dot. Empty where there is
 * none, as in HTTP/1.0: such a request reaches only what answers on every host.
 *
 * @throws {Problem} malformed-request (RFC 9112, section 3.2, asks for it).
 */
export function hostName(authority: string): string {
  const name = authorityShape.exec(authority)?.[1];
  if (name === undefined) throw new Problem('malformed-request', 'The Host is no host name with or without a port.');
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Whether a service is there under a host name; one that names no hosts is under every one. */
export function answersOn({ hosts }: { hosts?: readonly string[] | undefined }, host: string): boolean {
  return hosts === undefined || hosts.includes(host);
}
