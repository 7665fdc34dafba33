import { describe, expect, it } from 'vitest';
import { readHttpResponse, responseFault } from './http-response.ts';

const read = (response: unknown) => {
  const { response: head, body } = readHttpResponse({ response });
  return { ...head, body: body.toString() };
};
const faultOf = (response: unknown) => {
  try {
    read(response);
    return undefined;
  } catch (error) {
    return (error as Error).name === 'ResponseFault' ? (error as Error).message : error;
  }
};

describe('a response of a route’s own', () => {
  it('is JSON, text or bytes, with a status and headers', () => {
    const jsonType = 'application/json; charset=utf-8';
    expect(read({})).toEqual({ status: 200, headers: {}, body: '' });
    expect(read({ status: 201, body: { a: 1 } })).toEqual({
      status: 201,
      headers: { 'content-type': jsonType },
      body: '{"a":1}',
    });
    expect(read({ body: null })).toMatchObject({ body: 'null' });
    expect(read({ bodyType: 'text', body: 'ü' })).toMatchObject({
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'ü',
    });
    const svg = { 'Content-Type': 'image/svg+xml', 'X-Own': ' kept ' };
    expect(read({ bodyType: 'base64', headers: svg, body: 'PHN2Zy8+' })).toEqual({
      status: 200,
      headers: { 'content-type': 'image/svg+xml', 'x-own': 'kept' },
      body: '<svg/>',
    });
    expect(read({ bodyType: 'text', headers: { 'content-type': 'text/html' }, body: 'x' }).headers).toEqual({
      'content-type': 'text/html; charset=utf-8',
    });
    expect(read({ status: 302, headers: { location: '/x' } })).toEqual({
      status: 302,
      headers: { location: '/x' },
      body: '',
    });
    expect(read({ status: 204, bodyType: 'text', body: null })).toMatchObject({ status: 204, body: '' });
  });

  it('that is none says what is wrong', () => {
    for (const result of [undefined, null, 7, [], { status: 200 }, { response: [] }])
      expect(() => readHttpResponse(result)).toThrow('no object with a member response');
    const wrong: [unknown, RegExp][] = [
      [{ statusCode: 200 }, /response.statusCode is not known/],
      [{ status: '200' }, /no number/],
      [{ status: 101 }, /within 200 and 599/],
      [{ status: 600 }, /within 200 and 599/],
      [{ status: 200.5 }, /within 200 and 599/],
      [{ status: 204, body: {} }, /a 204 has no body/],
      [{ status: 304, bodyType: 'text', body: '' }, /a 304 has no body/],
      [{ bodyType: 'xml', body: '' }, /json, text or base64/],
      [{ bodyType: 'text', body: 7 }, /no string/],
      [{ bodyType: 'base64', body: 'a-_=', headers: { 'content-type': 'image/png' } }, /no base64/],
      [{ bodyType: 'base64', body: 'YQ', headers: { 'content-type': 'image/png' } }, /no base64/],
      [{ bodyType: 'base64', body: 'YQ==' }, /asks for a header content-type/],
      [{ bodyType: 'text', body: '', headers: { 'content-type': 'text/csv; charset=latin1' } }, /UTF-8/],
      [{ body: 1, headers: { 'content-type': 'png' } }, /names no type/],
      [{ headers: [] }, /headers is no object/],
      [{ headers: { a: ['1'] } }, /a is no string/],
      [{ headers: { 'X-A': '1', 'x-a': '2' } }, /x-a is there twice/],
    ];
    for (const [response, message] of wrong) expect(faultOf(response), JSON.stringify(response)).toMatch(message);
  });

  it('cannot smuggle a second header or a second response', () => {
    for (const headers of [
      { 'x-a': 'b\r\nset-cookie: c' },
      { 'x-a\r\nset-cookie': 'b' },
      { 'x a': '1' },
      { '': '1' },
      { 'x-a': '\0' },
      { 'x-a': 'ł' },
    ])
      expect(faultOf({ headers }), JSON.stringify(headers)).toMatch(/that HTTP does not have/);
  });

  it('sets nothing that is the gateway’s, the connection’s or the whole host’s', () => {
    const names = ['Set-Cookie', 'Access-Control-Allow-Origin', 'X-Request-Id', 'Cache-Status', 'Transfer-Encoding'];
    for (const name of [
      ...names,
      'Content-Length',
      'Connection',
      'Strict-Transport-Security',
      'WWW-Authenticate',
      'RateLimit',
    ])
      expect(faultOf({ headers: { [name]: 'x' } }), name).toMatch(/is not for a route to set/);
  });

  it('has a bounded number and size of headers', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
    expect(faultOf({ headers: many(50) })).toBeUndefined();
    expect(faultOf({ headers: many(51) })).toMatch(/more than 50/);
    expect(faultOf({ headers: { 'x-long': 'x'.repeat(8_193) } })).toMatch(/longer than/);
  });

  it('is checked again by who writes it, whatever it was made by', () => {
    expect(responseFault({ status: 200, headers: { 'content-type': 'text/plain' } })).toBeUndefined();
    expect(responseFault({ status: 99, headers: {} })).toBeDefined();
    expect(responseFault({ status: 200, headers: { 'set-cookie': 'a' } })).toBeDefined();
  });
});
