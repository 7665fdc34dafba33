import { digestApiKey, parseDigestKey } from '@rostrum/shared/digest';
import type { EdgeAuth } from '@rostrum/shared/revision';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Issuers } from './src/oidc/issuers.ts';
import { TokenVerifier } from './src/oidc/verify-token.ts';
import { type Authentication, authenticate } from './src/pipeline/authenticate.ts';
import type { Request } from './src/pipeline/context.ts';
import { FailedAttempts } from './src/pipeline/failed-attempts.ts';

/** What saying who calls costs: API keys, tokens, and floods of wrong ones. */
const digestKey = parseDigestKey(`k:${Buffer.alloc(32, 1).toString('base64')}`);
const expected = { issuer: 'https://issuer.example', audience: 'https://api.example' };
const oidc: EdgeAuth = {
  ...{ type: 'DENY', detail: 'Tokens.' },
  oidc: { ...expected, passthrough: false, tokenInInput: false },
};
const keys: EdgeAuth = { type: 'API_KEY', digests: ['one', 'two'].map((key) => digestApiKey(key, digestKey)) };

async function tokensOf(alg: 'ES256' | 'RS256', count: number) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg }] };
  const claims = {
    iss: expected.issuer,
    aud: expected.audience,
    scope: 'orders:read orders:write',
    roles: ['a', 'b', 'c'],
  };
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const tokens = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      new SignJWT({ ...claims, sub: `subject-${n}`, exp }).setProtectedHeader({ alg, kid: 'a' }).sign(privateKey),
    ),
  );
  const issuers = new Issuers({
    discover: async () => ({ find: createLocalJWKSet(jwks), text: alg, bytes: 500 }),
    ...{ refreshMs: 1e9, floorMs: 1e9, staleMs: 1e9, onLooked() {} },
  });
  return { tokens, verifier: new TokenVerifier(issuers) };
}

function request(headers: Record<string, string>): Request {
  return {
    ...{ requestId: 'r', method: 'GET', url: '/', headers, receivedAt: 0, address: '192.0.2.1' },
    readBody: async () => Buffer.alloc(0),
    hungUp: () => new AbortController().signal,
  };
}

/** CPU of the whole process, threads included: signatures are checked on others than ours. One after the other. */
async function measure(name: string, auth: EdgeAuth, authentication: Authentication, all: Record<string, string>[]) {
  const requests = all.map(request);
  const began = process.cpuUsage();
  for (const each of requests) await authenticate(each, { auth }, authentication).catch(() => {});
  const { user, system } = process.cpuUsage(began);
  const micros = (user + system) / requests.length;
  console.log(`${name.padEnd(52)} ${micros.toFixed(1).padStart(7)} µs`);
}

const count = 5_000;
const many = (header: (n: number) => Record<string, string>) => Array.from({ length: count }, (_, n) => header(n));
const never = { perAddress: 0, perCredential: 0, windowMs: 60_000 };
const few = { perAddress: 60, perCredential: 20, windowMs: 60_000 };
for (const round of [1, 2]) {
  console.log(round === 1 ? 'warming up' : '\nmeasured');
  const by = (limits: typeof few, tokens = new TokenVerifier(undefined as never)): Authentication => ({
    ...{ digestKey, tokens, attempts: new FailedAttempts(limits) },
  });
  await measure(
    'a valid API key',
    keys,
    by(few),
    many(() => ({ 'x-api-key': 'one' })),
  );
  const wrong = many((n) => ({ 'x-api-key': `wrong-${n}` }));
  await measure('wrong API keys, each another, no limit', keys, by(never), wrong);
  await measure('the same beyond the limit', keys, by(few), wrong);
  for (const alg of ['ES256', 'RS256'] as const) {
    const { tokens, verifier } = await tokensOf(alg, 500);
    const headers = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
    const repeated = Array.from({ length: 10 }, () => headers).flat();
    await measure(`${alg}: a token for the first time`, oidc, by(few, verifier), headers);
    await measure(`${alg}: a token that was verified`, oidc, by(few, verifier), repeated);
    const forged = headers.map(({ authorization }) => ({ authorization: `${authorization.slice(0, -4)}AAAA` }));
    await measure(`${alg}: forged tokens, no limit`, oidc, by(never, verifier), forged);
    await measure(
      `${alg}: one forged token, beyond its limit`,
      oidc,
      by(few, verifier),
      many(() => forged[0] as never),
    );
    const closed = by(few, verifier);
    for (let n = 0; n < 601; n++) closed.attempts.failed('192.0.2.1', `${n}`);
    await measure(`${alg}: forged tokens from a closed address`, oidc, closed, forged);
  }
}
