import type { Caller } from '../domain/callers.ts';
import type { ConfigStore } from '../storage/store.ts';
import type { ActionContext } from '../write/context.ts';
import type { Write } from '../write/write-path.ts';
import type { TrafficCounts } from '../traffic/traffic.ts';
import type { Tokens } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, by the token; `nobody` where none was checked. */
    caller: Caller;
  }
}

/** What the handlers of the admin API use. */
export interface AdminApi {
  config: ConfigStore;
  context: ActionContext;
  write: Write;
  tokens: Tokens;
  /** Undefined where they are not kept. */
  traffic: TrafficCounts | undefined;
}
