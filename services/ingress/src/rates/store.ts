/**
 * The count of all ingresses together, in Redis. A window is cut into {@link SLOTS} slots of Redis's time. What is
 * granted may be used until the end of the slot after the one it was granted in, counts in that slot, and is free again
 * when a whole window has gone by since its end. So no window ever has more than the limit, wherever it begins; and what
 * was used comes back at most two slots, 3 % of the window, late.
 */
export interface RateStore {
  /** @throws when Redis is away or has no room. */
  ask(scope: string, ask: RateAsk): Promise<RateGrant>;
  /** Says that this process is there, and how many are. @throws as above. */
  announce(): Promise<number>;
  /** Says that it is there no more. @throws as above. */
  leave(): Promise<void>;
}

export const SLOTS = 64;

export interface RateAsk {
  limit: number;
  windowMs: number;
  /** Permits for requests that wait for them: as many as there are left. */
  need: number;
  /** Permits for requests to come, at most … */
  ahead: number;
  /** … this part (one over so much) of what is then left beside the last tenth, which is given to who needs it alone. */
  share: number;
  /** Requests that were admitted without permits while Redis was away. */
  spent: number;
  /** Permits that were not used, by the slot they count in. */
  unused: readonly (readonly [slot: number, count: number])[];
}

export interface RateGrant {
  granted: number;
  /** In which they count. */
  slot: number;
  /** For how long they may be used, from when Redis was asked (ms). */
  lastsMs: number;
  /** How many more there are. */
  left: number;
  /** Until the next of those that were given out is free again (ms). */
  freesMs: number;
}
