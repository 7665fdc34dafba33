/** Buckets of one length, and how long they are kept; both in seconds. */
export interface Resolution {
  seconds: number;
  keepSeconds: number;
}

/** Finest first. At most some 500 buckets of a route, of a few hundred bytes each, are kept at any time. */
export const resolutions: readonly Resolution[] = [
  { seconds: 60, keepSeconds: 2 * 3_600 },
  { seconds: 900, keepSeconds: 2 * 86_400 },
  { seconds: 14_400, keepSeconds: 31 * 86_400 },
];

/** The longest window there is data for (ms). */
export const longestWindowMs = 30 * 86_400_000;

/** A stretch of time, both ends in ms since 1970. */
export interface Window {
  start: number;
  end: number;
}

/** More than the finest resolution that reaches back so far ever has. */
const mostBuckets = 250;

/** The finest resolution that reaches back to the window's start, and has few enough buckets in it. */
export function resolutionOf({ start, end }: Window, now: number): Resolution {
  const age = (now - start) / 1_000;
  const length = (end - start) / 1_000;
  const coarsest = resolutions.at(-1) as Resolution;
  return (
    resolutions.find(({ seconds, keepSeconds }) => age <= keepSeconds && length / seconds < mostBuckets) ?? coarsest
  );
}

/** When the buckets that touch the window begin, in seconds since 1970. */
export function bucketsOf({ start, end }: Window, { seconds }: Resolution): number[] {
  const first = Math.floor(start / 1_000 / seconds);
  const last = Math.max(first, Math.ceil(end / 1_000 / seconds) - 1);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * seconds);
}
