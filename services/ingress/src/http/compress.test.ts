import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Reply, Request } from '../pipeline/context.ts';
import { codings, createCompressor } from './compress.ts';

const compress = createCompressor({ codings, fromBytes: 1_000 });
const text = JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ index })));
const json = { 'content-type': 'application/json; charset=utf-8' };

const reply = (headers: Record<string, string> = json, body = text): Reply => ({
  status: 200,
  headers,
  body: Buffer.from(body),
});
const asking = (accepted?: string) =>
  ({ headers: accepted === undefined ? {} : { 'accept-encoding': accepted } }) as Request;

describe('an answer', () => {
  it('is compressed as its caller takes it: by q, and by ours where that is the same', async () => {
    const expectations: [string | undefined, string | undefined][] = [
      [undefined, undefined],
      ['', undefined],
      ['gzip, deflate, br, zstd', 'zstd'],
      ['gzip, br', 'br'],
      ['gzip;q=1, zstd;q=0.5', 'gzip'],
      ['*', 'zstd'],
      ['*, zstd;q=0', 'br'],
      ['identity, gzip;q=0.5', undefined],
      ['gzip;q=0', undefined],
      ['deflate', undefined],
    ];
    for (const [accepted, coding] of expectations) {
      const { headers } = await compress(asking(accepted), reply());
      expect([accepted, headers['content-encoding']]).toEqual([accepted, coding]);
      expect(headers['vary'], accepted).toBe('Accept-Encoding');
    }
  });

  it('says the same as it did before', async () => {
    const expand = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
    for (const coding of codings) {
      const { body } = await compress(asking(coding), reply());
      expect(body?.length).toBeLessThan(text.length / 2);
      expect(expand[coding](body as Buffer).toString()).toBe(text);
    }
  });

  it('has a weak tag then, and varies by what else it did', async () => {
    const { headers } = await compress(asking('br'), reply({ ...json, etag: '"a"', vary: 'Origin' }));
    expect(headers).toMatchObject({ etag: 'W/"a"', vary: 'Origin, Accept-Encoding' });
    expect((await compress(asking('br'), reply({ ...json, vary: 'accept-encoding' }))).headers['vary']).toBe(
      'accept-encoding',
    );
    expect((await compress(asking(), reply({ ...json, etag: '"a"' }))).headers['etag']).toBe('"a"');
    const notModified = await compress(asking('br'), { status: 304, headers: { etag: '"a"' }, body: undefined });
    expect(notModified.headers).toEqual({ etag: '"a"', vary: 'Accept-Encoding' });
  });

  it('that is small, compressed by itself, not to be changed or without a body is left as it is', async () => {
    const left = [
      reply(json, text.slice(0, 999)),
      reply({ 'content-type': 'image/png' }),
      reply({ 'content-type': 'application/octet-stream' }),
      reply({}),
      reply({ ...json, 'content-encoding': 'gzip' }),
      reply({ ...json, 'cache-control': 'max-age=5, no-transform' }),
      { status: 204, headers: {}, body: undefined },
    ];
    for (const each of left) expect(await compress(asking('br'), each)).toBe(each);
    const off = createCompressor({ codings: [], fromBytes: 1 });
    const plain = reply();
    expect(await off(asking('br'), plain)).toBe(plain);
  });

  it('goes out as it is when too many are being compressed', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => compress(asking('gzip'), reply())));
    expect(all.filter(({ headers }) => headers['content-encoding'] === 'gzip')).toHaveLength(8);
    expect((await compress(asking('gzip'), reply())).headers['content-encoding']).toBe('gzip');
  });
});
