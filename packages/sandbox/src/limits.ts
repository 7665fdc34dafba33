import { availableParallelism } from 'node:os';
import type { SandboxOptions } from './types.ts';

const mebibyte = 2 ** 20;
/** What a child may grow by without any script's doing: a hundred contexts and the pages V8 keeps come to 40 MB. */
const ownGrowthBytes = 64 * mebibyte;

/** What the options come to. */
export interface Limits {
  size: number;
  spares: number;
  graceMs: number;
  maxInputBytes: number;
  maxOutputBytes: number;
  queueLimit: number;
  /** V8's cap for each heap of a child (MB). */
  heapMb: number;
  /** How much a child may grow over what it had when it was ready (bytes). */
  rssGrowthBytes: number;
  /** What a child is told. */
  child: {
    memoryLimitMb: number;
    maxOutputBytes: number;
    maxFrameBytes: number;
    /** A child that has grown by more after a run is replaced, so that the next script has memory left. */
    retireGrowthBytes: number;
    /** Where the parent cannot read a child's memory: the growth at which the child kills itself, else 0. */
    selfWatchBytes: number;
    harness: {
      maxOutputLength: number;
      maxMessageLength: number;
      maxStackLength: number;
      maxLogLines: number;
      maxLogLength: number;
    };
  };
}

/** @throws {RangeError} naming the option that is out of its range */
export function toLimits(options: SandboxOptions, parentWatches: boolean): Limits {
  const memoryLimitMb = inRange('memoryLimitMb', options.memoryLimitMb ?? 64, 8, 4_096);
  const maxInputBytes = inRange('maxInputBytes', options.maxInputBytes ?? 4 * mebibyte, 1, 256 * mebibyte);
  const maxOutputBytes = inRange('maxOutputBytes', options.maxOutputBytes ?? 4 * mebibyte, 1, 256 * mebibyte);
  const rssGrowthBytes = ownGrowthBytes + 2 * memoryLimitMb * mebibyte;
  return {
    size: inRange('size', options.size ?? Math.min(16, Math.max(2, 2 * availableParallelism())), 1, 256),
    spares: inRange('spares', options.spares ?? 1, 0, 256),
    graceMs: inRange('graceMs', options.graceMs ?? 100, 0, 60_000),
    maxInputBytes,
    maxOutputBytes,
    queueLimit: inRange('queueLimit', options.queueLimit ?? 1_000, 0, 1_000_000),
    heapMb: 2 * memoryLimitMb + Math.ceil((4 * (maxInputBytes + maxOutputBytes)) / mebibyte),
    rssGrowthBytes,
    child: {
      memoryLimitMb,
      maxOutputBytes,
      // A frame holds a script and its input, or a result and up to 100 logs of up to 6,000 bytes in JSON.
      maxFrameBytes: Math.max(2 * maxInputBytes, maxOutputBytes) + mebibyte,
      retireGrowthBytes: ownGrowthBytes,
      selfWatchBytes: parentWatches ? 0 : rssGrowthBytes,
      harness: {
        maxOutputLength: maxOutputBytes,
        maxMessageLength: 500,
        maxStackLength: 2_000,
        maxLogLines: 100,
        maxLogLength: 1_000,
      },
    },
  };
}

function inRange(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`sandbox option ${name} is ${value}; use a whole number from ${least} to ${most}`);
}
