/**
 * Where callers reach a service: the ingress's public URL, under the first of the service's own host names where it has
 * some. Without a slash at the end.
 */
export function publicUrlOf({ hosts }: { hosts?: readonly string[] | undefined }, publicUrl: string): string {
  const [host] = hosts ?? [];
  if (host === undefined) return publicUrl;
  const url = new URL(publicUrl);
  url.hostname = host;
  return url.href.replace(/\/$/, '');
}
