export interface Frame {
  /** Its members are checked by whoever reads them: a child has run untrusted code. */
  head: Readonly<Record<string, unknown>>;
  texts: string[];
}
export function encodeFrame(head: Record<string, unknown>, texts?: string[]): Buffer;
/** @throws {Error} from `push` when a frame is longer than `maxBytes`, or is none */
export class FrameDecoder {
  constructor(maxBytes: number);
  push(chunk: Buffer): Frame[];
}
