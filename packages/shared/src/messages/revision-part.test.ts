import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson, revisionAsk } from './config.ts';
import { fetchPart } from './revision-part.ts';

const named = { service: 's', revision: 1 };
const part = { routes: Array.from({ length: 100 }, (_, index) => `r${index} ü`) };
const bytes = encodeJson(part);

/** Answers pages of these sizes in turn, whoever is asked. */
const pages = (sizes: number[]) => async (payload: Buffer) => {
  const { from = 0 } = decodeJson(revisionAsk, payload);
  const size = sizes.shift() ?? 50;
  return encodeJson({ page: bytes.subarray(from, from + size).toString('base64'), bytes: bytes.length });
};

describe('a part of a revision', () => {
  it('comes whole, or in pages of whatever sizes', async () => {
    expect(await fetchPart(async () => bytes, named)).toEqual(part);
    expect(await fetchPart(pages([1, 7, 333]), named)).toEqual(part);
  });

  it('is undefined when it is gone, also in between', async () => {
    expect(await fetchPart(async () => encodeJson(null), named)).toBeUndefined();
    let asked = 0;
    const swept = async (payload: Buffer) => (asked++ === 0 ? pages([])(payload) : encodeJson(null));
    expect(await fetchPart(swept, named)).toBeUndefined();
  });

  it('is not read for ever when pages are empty or of something else', async () => {
    await expect(fetchPart(pages([10, 0]), named)).rejects.toThrow(/changed/);
  });
});
