import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

/** An OpenID Connect issuer of the tests' own: oidc-provider, on loopback. */
export interface TestIssuer {
  /** As it stands in its tokens, and in an auth config's `issuerUri`. */
  readonly uri: string;
  /** A token from its token endpoint, for this audience; the subject is the client. */
  token(audience: string, client?: string): Promise<string>;
  /** A token signed with its present key and these claims and header; whatever is wrong with them. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Its present key, as an attacker may read it. */
  publicKey(): Promise<Record<string, unknown>>;
  /** Signs with a new key from now on; the keys before it are gone unless `keep`. */
  rotate(options?: { keep?: boolean }): Promise<void>;
  /** Answers every request with this until it is called without; for what a real one does not do. */
  answerWith(handler?: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** How often its keys were asked for. */
  readonly looks: number;
  /** Not to be reached, until `start` is called; at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** The clients that there are, each with its own name for a secret. */
const clients = ['ann', 'bob'];

export async function startIssuer(): Promise<TestIssuer> {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  let instead: typeof handle | undefined;
  let looks = 0;
  let port = 0;
  let count = 0;
  let current: { kid: string; privateKey: CryptoKey; publicKey: CryptoKey };
  let keys: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/jwks') looks += 1;
    (instead ?? handle)(request, response);
  });
  const start = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  await start();
  port = (server.address() as AddressInfo).port;
  const uri = `http://127.0.0.1:${port}`;

  const rotate = async ({ keep = false } = {}) => {
    count += 1;
    current = { kid: `key-${count}`, ...(await generateKeyPair('ES256', { extractable: true })) };
    const jwk = { ...(await exportJWK(current.privateKey)), kid: current.kid, alg: 'ES256', use: 'sig' };
    // It signs with the first that fits.
    keys = [jwk, ...(keep ? keys : [])];
    handle = provider(uri, keys).callback();
  };
  await rotate();

  return {
    uri,
    get looks() {
      return looks;
    },
    async token(audience, client = 'ann') {
      const response = await fetch(`${uri}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:${client}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (!answer.access_token) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: current.kid, ...header })
        .sign(current.privateKey, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) }),
    publicKey: async () => ({ ...(await exportJWK(current.publicKey)), kid: current.kid }),
    rotate,
    answerWith(handler) {
      instead = handler;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    start,
  };
}

const nothing = async () => undefined;

function provider(uri: string, keys: Record<string, unknown>[]): Provider {
  return new Provider(uri, {
    jwks: { keys },
    clients: clients.map((id) => ({
      client_id: id,
      client_secret: id,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    })),
    // Its tokens are JWTs, which nobody looks up.
    adapter: () => ({
      ...{ find: nothing, findByUserCode: nothing, findByUid: nothing },
      ...{ upsert: nothing, consume: nothing, destroy: nothing, revokeByGrantId: nothing },
    }),
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_context, audience) => ({
          scope: '',
          audience,
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}
