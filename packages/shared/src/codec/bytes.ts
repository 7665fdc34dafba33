import { CodecError } from './errors.ts';

/** Marks a text that is not well-formed Unicode (a lone surrogate) and is therefore kept as UTF-16. */
const UTF16 = 0x8000_0000;

/** Appends numbers, texts and bytes to a buffer that grows. All numbers are big-endian. */
export class Writer {
  #buffer: Buffer;
  #length = 0;

  constructor(size = 256) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  f64(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  text(value: string): void {
    const encoding = value.isWellFormed() ? 'utf8' : 'utf16le';
    const length = Buffer.byteLength(value, encoding);
    this.u32(encoding === 'utf8' ? length : (length | UTF16) >>> 0);
    const at = this.#room(length);
    this.#buffer.write(value, at, length, encoding);
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
  }

  /** What was written; shares memory with this writer, which is not used again. */
  done(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** Reads what {@link Writer} wrote. Every method throws a {@link CodecError} where the bytes end too soon. */
export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length)
      throw new CodecError('truncated', `the bytes end ${at + bytes - this.#buffer.length} too soon`);
    this.#at += bytes;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#buffer[at] as number;
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  f64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  text(): string {
    const head = this.u32();
    const length = (head & ~UTF16) >>> 0;
    const at = this.#take(length);
    return this.#buffer.toString(head >= UTF16 ? 'utf16le' : 'utf8', at, at + length);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** @throws {CodecError} when bytes are left over. */
  end(): void {
    const left = this.#buffer.length - this.#at;
    if (left > 0) throw new CodecError('trailing', `${left} bytes more than expected`);
  }
}
