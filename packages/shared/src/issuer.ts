/**
 * What is wrong with the address of an OpenID Connect issuer, or undefined. Https without query and fragment (OpenID
 * Connect Discovery 1.0, section 3); plain http for an issuer on this machine alone, or anybody on the way could put
 * keys of their own in place of the issuer's.
 */
export function issuerFault(issuer: string): string | undefined {
  if (!URL.canParse(issuer)) return 'has to be the issuer’s https address, as in https://login.example.com';
  const { protocol, hostname, username, password, search, hash } = new URL(issuer);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return 'has to be an https address; http is for issuers on this machine (127.0.0.1, localhost) alone';
  if (search !== '' || hash !== '' || /[?#]/.test(issuer)) return 'has to be without a query and a fragment';
  if (username !== '' || password !== '') return 'has to be without user and password: keys are public';
  if (/[\s\p{Cc}]/u.test(issuer) || issuer.length > 1_000) return 'has to be an address of at most 1000 characters';
  return undefined;
}

/** Whether keys may be read from there. */
export function isIssuerAddress(issuer: string): boolean {
  return issuerFault(issuer) === undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
