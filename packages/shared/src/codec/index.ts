export { CodecError, type CodecFault } from './errors.ts';
export {
  decodeMessage,
  emptyMessageSize,
  encodeMessage,
  FRAME_OVERHEAD,
  type Header,
  type Message,
} from './frame.ts';
export {
  bytes,
  type Codec,
  type Field,
  flag,
  number,
  oneOf,
  type RecentField,
  record,
  since,
  text,
  u32,
} from './record.ts';
export { CURRENT, PREVIOUS, type Version, WRITTEN } from './version.ts';
