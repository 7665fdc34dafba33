/**
 * How parent and child talk: `[u32 length of the rest][u32 length of the head][head: JSON][texts, one after another]`.
 * The head says how long each text is, so that a script and its input are copied but never escaped.
 *
 * The files of this folder are JavaScript because they run in every child: stripping types there costs each child
 * 50 ms of start-up and 17 MB of memory.
 */

/** @param {Record<string, unknown>} head @param {string[]} texts @returns {Buffer} */
export function encodeFrame(head, texts = []) {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const headText = JSON.stringify({ ...head, lengths });
  const headLength = Buffer.byteLength(headText);
  const frame = Buffer.allocUnsafe(8 + headLength + lengths.reduce((sum, length) => sum + length, 0));
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.writeUInt32LE(headLength, 4);
  let offset = 8 + frame.write(headText, 8);
  for (const text of texts) offset += frame.write(text, offset);
  return frame;
}

/** Puts the chunks of a stream together to frames. */
export class FrameDecoder {
  /** @type {Buffer[]} */
  #chunks = [];
  #bytes = 0;
  #maxBytes;

  /** @param {number} maxBytes a longer frame is refused: its sender is not to be trusted any more */
  constructor(maxBytes) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param {Buffer} chunk
   * @returns {{ head: any, texts: string[] }[]} the frames that are complete now
   * @throws {Error} when the bytes are no frame
   */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames = [];
    for (let length = this.#nextLength(); this.#bytes >= length; length = this.#nextLength()) {
      const all = this.#joined();
      frames.push(decodeFrame(all.subarray(4, length)));
      this.#bytes -= length;
      this.#chunks = this.#bytes > 0 ? [all.subarray(length)] : [];
    }
    return frames;
  }

  /** Bytes of the first frame, its length included; 4 while not even that has arrived. Infinity: wait for more. */
  #nextLength() {
    if (this.#bytes < 4) return Number.POSITIVE_INFINITY;
    const first = this.#chunks[0].length >= 4 ? this.#chunks[0] : this.#joined();
    const length = first.readUInt32LE(0);
    if (length > this.#maxBytes) throw new Error(`frame of ${length} bytes`);
    return 4 + length;
  }

  #joined() {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#bytes)];
    return this.#chunks[0];
  }
}

/** @param {Buffer} bytes */
function decodeFrame(bytes) {
  const headEnd = 4 + bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, headEnd));
  let offset = headEnd;
  const texts = head.lengths.map((/** @type {number} */ length) => {
    offset += length;
    return bytes.toString('utf8', offset - length, offset);
  });
  return { head, texts };
}
