import type { CorsRules } from '@rostrum/shared/revision';
import { describe, expect, it } from 'vitest';
import type { Request } from './context.ts';
import { corsHeaders, exposeAll, isPreflight, preflightHeaders } from './cors.ts';

/**
 * The Fetch standard's table (fetch.spec.whatwg.org), by its own sections. A row: what is configured, what the browser
 * sends, what it is answered. The path has routes for GET, HEAD and POST. `access-control-expose-headers` has rows of
 * its own below.
 */
const named: CorsRules = { origins: ['https://a.example'], methods: ['POST', 'PATCH'], headers: ['x-one', 'x-two'] };
const open: CorsRules = { origins: ['*'], methods: ['*'], headers: ['*'] };
const personal: CorsRules = { ...named, methods: ['*'], headers: ['*'], credentials: true };
const a = { origin: 'https://a.example' };
const b = { origin: 'https://b.example' };
const asks = (method: string, headers?: string) => ({
  'access-control-request-method': method,
  ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
});
const asked = 'Access-Control-Request-Method, Access-Control-Request-Headers';
const allowA = { 'access-control-allow-origin': 'https://a.example' };
const credentials = { 'access-control-allow-credentials': 'true' };
const vary = { vary: 'Origin' };
const refused = { vary: `Origin, ${asked}` };

type Row = [section: string, what: string, rules: CorsRules | undefined, Request['headers'], Record<string, string>];

const actual: Row[] = [
  ['CORS request', 'no CORS configured', undefined, a, {}],
  ['CORS request', 'no Origin, no CORS request', open, {}, {}],
  ['CORS request', 'several Origins are none', named, { origin: ['https://a.example', 'x'] }, vary],
  ['CORS check', 'an origin that is named', named, a, { ...allowA, ...vary }],
  ['CORS check', 'an origin that is not', named, b, vary],
  ['CORS check', 'byte for byte: case', named, { origin: 'https://A.example' }, vary],
  ['CORS check', 'byte for byte: port', named, { origin: 'https://a.example:8443' }, vary],
  ['CORS check', 'byte for byte: scheme', named, { origin: 'http://a.example' }, vary],
  ['CORS check', 'no suffix does', named, { origin: 'https://evil-a.example' }, vary],
  ['CORS check', 'null is not let in by names', named, { origin: 'null' }, vary],
  ...([
    [
      'CORS check',
      'null where it is named',
      { ...named, origins: ['null'] },
      { origin: 'null' },
      { 'access-control-allow-origin': 'null', ...vary },
    ],
    ['CORS check', 'any origin, with *', open, b, { 'access-control-allow-origin': '*' }],
    ['CORS check', 'an Origin that says *', named, { origin: '*' }, vary],
  ] satisfies Row[]),
  ['CORS protocol and credentials', 'with a named origin', personal, a, { ...allowA, ...credentials, ...vary }],
  ['CORS protocol and credentials', 'not with another', personal, b, vary],
  [
    'CORS protocol and credentials',
    'never with *',
    { ...open, credentials: true },
    b,
    { 'access-control-allow-origin': '*' },
  ],
  [
    'CORS protocol and credentials',
    'a name beside *',
    { ...personal, origins: ['*', 'https://a.example'] },
    a,
    { ...allowA, ...credentials, ...vary },
  ],
  [
    'CORS protocol and credentials',
    'others beside *',
    { ...personal, origins: ['*', 'https://a.example'] },
    b,
    { 'access-control-allow-origin': '*', ...vary },
  ],
  ['CORS protocol and HTTP caches', 'Vary also without an Origin', named, {}, vary],
  ['CORS protocol and HTTP caches', 'no Vary with the static *', open, a, { 'access-control-allow-origin': '*' }],
];

const maxAge = { 'access-control-max-age': '600' };
const methods = (list: string) => ({ 'access-control-allow-methods': list });
const headers = (list: string) => ({ 'access-control-allow-headers': list });

const preflights: Row[] = [
  ['CORS-preflight fetch', 'no CORS configured', undefined, { ...a, ...asks('POST') }, {}],
  ['CORS-preflight fetch', 'an origin that is not named', named, { ...b, ...asks('POST') }, refused],
  [
    'CORS-preflight fetch',
    'what is allowed',
    named,
    { ...a, ...asks('POST', 'x-one') },
    { ...allowA, ...refused, ...methods('POST'), ...headers('x-one, x-two'), ...maxAge },
  ],
  [
    'CORS-preflight fetch',
    'a method that is not is not in the list',
    named,
    { ...a, ...asks('DELETE') },
    { ...allowA, ...refused, ...methods('POST'), ...headers('x-one, x-two'), ...maxAge },
  ],
  [
    'CORS-preflight fetch',
    'nor a header',
    named,
    { ...a, ...asks('POST', 'x-three') },
    { ...allowA, ...refused, ...methods('POST'), ...headers('x-one, x-two'), ...maxAge },
  ],
  [
    'CORS-preflight fetch',
    'no methods, no headers',
    { ...named, methods: [], headers: [] },
    { ...a, ...asks('PUT') },
    { ...allowA, ...refused, ...maxAge },
  ],
  [
    'CORS-preflight fetch',
    'HEAD goes with GET',
    { ...named, methods: ['GET'] },
    { ...a, ...asks('GET') },
    { ...allowA, ...refused, ...methods('GET, HEAD'), ...headers('x-one, x-two'), ...maxAge },
  ],
  [
    'CORS-preflight fetch',
    '* is the path’s methods',
    open,
    { ...b, ...asks('PATCH') },
    { 'access-control-allow-origin': '*', vary: asked, ...methods('GET, HEAD, POST'), ...maxAge },
  ],
  [
    'CORS non-wildcard request-header name',
    '* names Authorization',
    open,
    { ...b, ...asks('POST', 'authorization,x-any') },
    {
      'access-control-allow-origin': '*',
      vary: asked,
      ...methods('GET, HEAD, POST'),
      ...headers('authorization, x-any'),
      ...maxAge,
    },
  ],
  [
    'CORS non-wildcard request-header name',
    'only names are given back',
    open,
    { ...b, ...asks('POST', 'x-one, not a name,\tX-Two ,,') },
    {
      'access-control-allow-origin': '*',
      vary: asked,
      ...methods('GET, HEAD, POST'),
      ...headers('x-one, x-two'),
      ...maxAge,
    },
  ],
  [
    'CORS protocol and credentials',
    '* is a list',
    personal,
    { ...a, ...asks('POST', 'x-any') },
    { ...allowA, ...credentials, ...refused, ...methods('GET, HEAD, POST'), ...headers('x-any'), ...maxAge },
  ],
  [
    'Access-Control-Max-Age',
    'as configured',
    { ...named, maxAgeSeconds: 0 },
    { ...a, ...asks('POST') },
    { ...allowA, ...refused, ...methods('POST'), ...headers('x-one, x-two'), 'access-control-max-age': '0' },
  ],
];

const request = (method: string, sent: Request['headers']): Request => ({
  ...{ requestId: 'r', method, url: '/', receivedAt: 0, headers: sent },
  readBody: async () => Buffer.alloc(0),
  hungUp: () => new AbortController().signal,
});

describe('CORS by the Fetch standard', () => {
  it.each(actual)('%s: %s', (_section, _what, rules, sent, wanted) => {
    const { 'access-control-expose-headers': expose, ...rest } = corsHeaders(request('GET', sent), rules);
    expect(rest).toEqual(wanted);
    expect(expose !== undefined, 'exposed only to whoever may read it').toBe('access-control-allow-origin' in wanted);
  });

  it.each(preflights)('preflight, %s: %s', (_section, _what, rules, sent, wanted) => {
    expect(isPreflight(request('OPTIONS', sent))).toBe(true);
    expect(preflightHeaders(request('OPTIONS', sent), rules, ['GET', 'HEAD', 'POST'])).toEqual(wanted);
  });

  it('CORS-preflight request: OPTIONS with an Origin and a method asked for, nothing less', () => {
    expect(isPreflight(request('OPTIONS', a))).toBe(false);
    expect(isPreflight(request('OPTIONS', asks('GET')))).toBe(false);
    expect(isPreflight(request('GET', { ...a, ...asks('GET') }))).toBe(false);
  });

  it('Access-Control-Expose-Headers: the gateway’s own, and those configured', () => {
    const exposed = (rules: CorsRules) => corsHeaders(request('GET', a), rules)['access-control-expose-headers'];
    expect(exposed(named)?.split(', ')).toEqual(
      expect.arrayContaining(['x-request-id', 'location', 'retry-after', 'etag']),
    );
    expect(exposed({ ...named, expose: ['x-mine', 'etag'] })).toBe(`${exposed(named)}, x-mine`);
    expect(exposed({ ...open, expose: ['*'] })).toBe('*');
  });

  it('CORS protocol and credentials: * exposes by name what the answer has', () => {
    const answer = (rules: CorsRules) =>
      exposeAll({ ...corsHeaders(request('GET', a), rules), 'x-mine': '1', 'set-cookie': 'a=b' })[
        'access-control-expose-headers'
      ];
    expect(answer({ ...personal, expose: ['*'] })).toBe('vary, x-mine');
    expect(answer({ ...open, expose: ['*'] })).toBe('*');
  });
});

describe('a preflight from the network outside', () => {
  it.each(['private-network', 'local-network'])('is let in by %s only where that is configured', (network) => {
    const sent = { ...a, ...asks('POST'), [`access-control-request-${network}`]: 'true' };
    const answer = (rules: CorsRules, more = {}) =>
      preflightHeaders(request('OPTIONS', { ...sent, ...more }), rules, ['POST']);
    expect(answer({ ...named, privateNetwork: true })).toMatchObject({
      [`access-control-allow-${network}`]: 'true',
      vary: expect.stringMatching(/Access-Control-Request-Private-Network, Access-Control-Request-Local-Network$/),
    });
    expect(answer(named)).not.toHaveProperty(`access-control-allow-${network}`);
    expect(answer({ ...named, privateNetwork: true }, b)).toEqual({ vary: expect.any(String) });
  });
});
