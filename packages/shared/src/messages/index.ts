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
  type CredentialsAsk,
  credentialsAnswer,
  credentialsAsk,
  decodeJson,
  encodeJson,
  type Head,
  head,
  revisionAsk,
  type SnapshotAnswer,
  snapshotAnswer,
  snapshotAsk,
} from './config.ts';
export { type Execute, execute, executionLook, freedNotice } from './execute.ts';
export { decodeOutcome, encodeOutcome, type Outcome } from './outcome.ts';
