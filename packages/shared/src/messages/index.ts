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
  revisionPage,
  type SnapshotAnswer,
  snapshotAnswer,
  snapshotAsk,
} from './config.ts';
export { type Execute, execute, executionLook, freedNotice } from './execute.ts';
export {
  type CacheSelection,
  cacheSelection,
  type CacheStatsAnswer,
  cacheStatsAnswer,
  cacheStatsAsk,
  type PurgeAnswer,
  purgeAnswer,
  purgeAsk,
  purgedNotice,
} from './purge.ts';
export { fetchPart, fetchPartBytes } from './revision-part.ts';
export { decodeOutcome, decodeTimings, encodeOutcome, type HttpResponse, type Outcome } from './outcome.ts';
export { recentAnswer, type RecentAsk, recentAsk, type RecentExecution, recentExecution } from './recent.ts';
export {
  type CacheOutcome,
  cacheOutcomes,
  sketchAccuracy,
  type TrafficReport,
  type TrafficSeries,
  trafficReport,
} from './traffic.ts';
export { routeTrial, routeTrialAnswer, trialHeaders, type TrialReport, trialReport } from './trial.ts';
