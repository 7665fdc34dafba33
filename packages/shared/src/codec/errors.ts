/** Why bytes were refused: of another version, cut short, changed on the way, or with more in them than they may have. */
export type CodecFault = 'version' | 'kind' | 'truncated' | 'corrupted' | 'trailing';

/** Bytes that are not what they should be. Concerns one item, or the whole message when its frame is at fault. */
export class CodecError extends Error {
  override name = 'CodecError';
  readonly fault: CodecFault;

  constructor(fault: CodecFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
