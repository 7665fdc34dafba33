/** Where servers are, and who we are to them. */
export interface Addresses {
  servers: { host: string; port: number }[];
  /** As ioredis takes it; without what the URL does not say. */
  login: { username?: string; password?: string; db?: number; tls?: object };
}

/** Reads `redis://user:password@host:port/db,host:port,…`: what stands before the first comma holds for all of them. */
export function readAddresses(list: string): Addresses {
  const urls = list
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
    .map((url) => new URL(url.includes('://') ? url : `redis://${url}`));
  const [first] = urls;
  if (!first) throw new Error('no address of Redis is given');
  const { username, password, pathname, protocol } = first;
  return {
    // The brackets of an IPv6 address are the URL's.
    servers: urls.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || 6_379,
    })),
    login: {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(/^\/\d+$/.test(pathname) ? { db: Number(pathname.slice(1)) } : {}),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  };
}
