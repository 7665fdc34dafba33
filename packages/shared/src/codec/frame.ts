import { crc32 } from 'node:zlib';
import { CodecError } from './errors.ts';
import { number, record, text } from './record.ts';
import { isReadable, type Version, WRITTEN } from './version.ts';

/**
 * One NATS message: `version u8, kind u8`, then frames of `length u32, crc32 u32, bytes`; the first frame is the
 * {@link Header}, every other one an item. Each frame has a checksum of its own, so that a fault stays with its item.
 */

/** What a message holds. */
const kinds = ['request', 'answer', 'notice'] as const;
export type Kind = (typeof kinds)[number];

/** Who sent a message, and when by the sender's monotonic clock (ms). */
export interface Header {
  sender: string;
  sentAt: number;
}

/** An item of a message, or why it cannot be read. */
export type Frame = Uint8Array | CodecError;

export interface Message {
  version: Version;
  kind: Kind;
  header: Header;
  items: Frame[];
}

const header = record({ sender: text, sentAt: number });
/** What a frame costs beside its bytes. */
export const FRAME_OVERHEAD = 8;

/** Bytes of a message without items, for the sender's name given. */
export function emptyMessageSize(sender: string): number {
  return 2 + FRAME_OVERHEAD + header.encode({ sender, sentAt: 0 }).length;
}

/** Frames items that are already encoded. */
export function encodeMessage(kind: Kind, sent: Header, items: Uint8Array[], version: Version = WRITTEN): Buffer {
  const frames = [header.encode(sent, version), ...items];
  let size = 2;
  for (const frame of frames) size += FRAME_OVERHEAD + frame.length;
  const message = Buffer.allocUnsafe(size);
  message[0] = version;
  message[1] = kinds.indexOf(kind);
  let at = 2;
  for (const frame of frames) {
    message.writeUInt32BE(frame.length, at);
    message.writeUInt32BE(crc32(frame), at + 4);
    message.set(frame, at + FRAME_OVERHEAD);
    at += FRAME_OVERHEAD + frame.length;
  }
  return message;
}

/**
 * Takes a message apart; the items' bytes are views.
 *
 * @throws {CodecError} when the message as a whole cannot be read; an item that cannot is a CodecError in its place.
 */
export function decodeMessage(data: Uint8Array): Message {
  const message = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (message.length < 2) throw new CodecError('truncated', 'a message has at least a version and a kind');
  const [version, kindIndex] = message as unknown as [number, number];
  if (!isReadable(version)) throw new CodecError('version', `codec version ${version} is not read here`);
  const kind = kinds[kindIndex];
  if (kind === undefined) throw new CodecError('kind', `message kind ${kindIndex} is not known here`);

  const frames: Frame[] = [];
  for (let at = 2; at < message.length; ) {
    if (at + FRAME_OVERHEAD > message.length) throw new CodecError('truncated', 'the message ends inside a frame');
    const length = message.readUInt32BE(at);
    const start = at + FRAME_OVERHEAD;
    if (start + length > message.length) throw new CodecError('truncated', 'a frame is longer than its message');
    const frame = message.subarray(start, start + length);
    frames.push(
      crc32(frame) === message.readUInt32BE(at + 4) ? frame : new CodecError('corrupted', 'checksum differs'),
    );
    at = start + length;
  }
  const [first, ...items] = frames;
  if (first === undefined || first instanceof CodecError) throw first ?? new CodecError('truncated', 'no header');
  return { version, kind, header: header.decode(first), items };
}
