export {
  type CacheAnswer,
  type CacheAsk,
  type CacheFill,
  cacheAnswer,
  cacheAsk,
  cacheFill,
  type FilledNotice,
  filledNotice,
  fillAnswer,
} from './cache.ts';
export {
  type ChangedNotice,
  changedNotice,
  decodeJson,
  encodeJson,
  type Head,
  head,
  revisionAsk,
  revisionPage,
  type SnapshotAnswer,
  snapshotAnswer,
  snapshotAsk,
} from './config.ts';
export { type Execute, execute, executionLook, freedNotice } from './execute.ts';
export { fetchPart } from './revision-part.ts';
export { decodeOutcome, encodeOutcome, type Outcome } from './outcome.ts';
