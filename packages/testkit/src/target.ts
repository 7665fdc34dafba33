import type { Admin } from './admin.ts';

/** A running gateway as its users see it, whether it is made of processes or of containers. */
export interface Target {
  /** Where callers go. */
  readonly url: string;
  /** Where each API can be reached: every replica, or the balancer in front of them. */
  readonly urls: { readonly ingress: string[]; readonly config: string[] };
  /** The API of its Conductor, up to and with `/api`. */
  readonly conductorUrl: string;
  readonly admin: Admin;
  /** The key that the examples' routes ask for. */
  readonly apiKey: string;
}
