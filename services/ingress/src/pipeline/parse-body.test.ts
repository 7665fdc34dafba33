import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Request } from './context.ts';
import { parseBody } from './parse-body.ts';

const limits = { expandedBytes: 10_000, members: 100 };
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

async function parse(body: string | Buffer, headers: Request['headers'] = { 'content-type': json }): Promise<unknown> {
  const request = { headers, readBody: async () => Buffer.from(body) } as Partial<Request> as Request;
  return (await parseBody(request, limits))?.value();
}
const codeOf = (...how: Parameters<typeof parse>) =>
  parse(...how).then(
    () => 'ok',
    (error) => error.code,
  );
const encoded = (body: Buffer, encoding: string, type = json) =>
  [body, { 'content-type': type, 'content-encoding': encoding }] as const;

describe('a body', () => {
  it('is JSON of any kind, a form, or absent', async () => {
    expect(await parse('{"a":[1]}')).toEqual({ a: [1] });
    expect(await parse('[1]', { 'content-type': 'application/vnd.x+json; charset=UTF-8' })).toEqual([1]);
    expect({ ...((await parse('a=1&a=2', { 'content-type': `${form};charset=utf-8` })) as object) }).toEqual({
      a: ['1', '2'],
    });
    expect(await parse('', {})).toBeUndefined();
  });

  it('of another type or charset is refused', async () => {
    expect(await codeOf('a', { 'content-type': 'text/plain' })).toBe('unsupported-media-type');
    expect(await codeOf('{}', {})).toBe('unsupported-media-type');
    expect(await codeOf('{}', { 'content-type': 'application/json-seq' })).toBe('unsupported-media-type');
    for (const type of [json, form])
      expect(await codeOf('{}', { 'content-type': `${type}; charset="latin1"` })).toBe('unsupported-media-type');
  });

  it('that is no JSON, no UTF-8, too deep or has too many members is refused', async () => {
    expect(await codeOf('{"a":')).toBe('malformed-body');
    expect(await codeOf(Buffer.from([0x22, 0xff, 0x22]))).toBe('malformed-body');
    expect(await codeOf('['.repeat(65) + ']'.repeat(65))).toBe('malformed-body');
    expect(await codeOf(JSON.stringify(Array(101).fill(1)))).toBe('malformed-body');
    expect(await codeOf(JSON.stringify({ a: '[[['.repeat(100), b: '\\"[[[' }))).toBe('ok');
  });

  it('with a member twice is refused, and told where', async () => {
    await expect(parse('{"a":{"b":1,"b":2}}')).rejects.toMatchObject({
      code: 'malformed-body',
      extras: { errors: [{ pointer: '/a/b', detail: 'is there twice' }] },
    });
  });
});

describe('an encoded body', () => {
  const plain = Buffer.from('{"a":1}');
  const codings = [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const;

  it('is expanded, also one that was encoded several times', async () => {
    for (const [name, compress] of codings) expect(await parse(...encoded(compress(plain), name))).toEqual({ a: 1 });
    expect(await parse(...encoded(plain, 'identity'))).toEqual({ a: 1 });
    const twice = brotliCompressSync(gzipSync(plain));
    expect(await parse(...encoded(twice, 'X-GZIP, br'))).toEqual({ a: 1 });
    expect(await codeOf(...encoded(twice, 'br, gzip'))).toBe('malformed-body');
  });

  it('is cut off while it expands, long before it is as large as it would be, and however often it is encoded', async () => {
    const zeros = Buffer.alloc(10_000_000, 0x30);
    for (const [name, compress] of codings) {
      const bomb = compress(zeros);
      const before = process.memoryUsage.rss();
      expect(await codeOf(...encoded(bomb, name)), name).toBe('payload-too-large');
      expect(process.memoryUsage.rss() - before).toBeLessThan(8_000_000);
      expect(await codeOf(...encoded(gzipSync(bomb), `${name}, gzip`)), name).toBe('payload-too-large');
    }
    expect(await codeOf(...encoded(gzipSync(Buffer.alloc(9_999, ' ')), 'gzip'))).toBe('malformed-body');
  });

  it('is refused where it is broken, of a coding that is not known, or encoded too often', async () => {
    for (const [name, compress] of codings) {
      expect(await codeOf(...encoded(compress(plain).subarray(0, -3), name)), name).toBe('malformed-body');
      expect(await codeOf(...encoded(plain, name)), name).toBe('malformed-body');
    }
    for (const name of ['deflate', 'compress', 'constructor', 'gzip, gzip, gzip, gzip']) {
      await expect(parse(...encoded(plain, name)), name).rejects.toMatchObject({
        code: 'unsupported-media-type',
        extras: { acceptEncoding: 'gzip, br, zstd' },
      });
    }
  });
});
