import type { Fault } from '@rostrum/shared/problems';

/** A fault that says that something is taken, so that the answer can be 409 when there is no other. */
export interface ConfigFault extends Fault {
  taken?: boolean;
}
