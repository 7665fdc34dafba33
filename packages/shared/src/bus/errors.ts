/**
 * Why a request on the bus has no answer.
 * - `no-responders`: nobody listens on the subject; nothing was taken, so it may be sent again.
 * - `disconnected`: the bus was away when it should have been sent; nothing was sent.
 * - `too-large`: larger than NATS's `max_payload`; nothing was sent.
 * - `deadline-exceeded`: no answer in time; it may have been done.
 * - `response-too-large`: it was done, but the answer does not fit.
 * - `malformed`: the other side cannot read it (another codec version, changed bytes); nothing was done.
 * - `failed`: the other side's handler threw; its log says why.
 * - `closed`: this process is stopping, or the request was given up; nothing was sent.
 * - `abandoned`: whoever asked no longer wants the answer.
 */
export const busFaults = [
  'no-responders',
  'disconnected',
  'too-large',
  'deadline-exceeded',
  'response-too-large',
  'malformed',
  'failed',
  'closed',
  'abandoned',
] as const;
export type BusFault = (typeof busFaults)[number];

export class BusError extends Error {
  override name = 'BusError';
  readonly fault: BusFault;

  constructor(fault: BusFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
