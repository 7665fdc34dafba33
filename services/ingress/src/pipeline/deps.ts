import type { SchemaCache } from '@rostrum/shared/json-schema';
import type { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import type { TrailingSlash } from '../routing/request-path.ts';
import type { RoutingTable } from '../routing/table.ts';
import type { Cache } from './answer-cached.ts';
import type { Caller } from './caller.ts';
import type { Request } from './context.ts';
import type { Executor } from './execute.ts';
import type { RateLimiter } from './limit-rate.ts';
import type { Refreshes } from './refreshes.ts';
import type { BodyLimits } from './parse-body.ts';

/** What the pipeline works with; app.ts puts the real ones in. */
export interface Deps {
  table: Pick<RoutingTable, 'match' | 'service'>;
  /** `ignore` where absent. */
  trailingSlash?: TrailingSlash;
  /** Who calls. Rejects with a {Problem}: unauthenticated, too-many-attempts, service-unavailable. */
  authenticate(request: Request, edge: { auth: EdgeAuth }): Promise<Caller>;
  bodyLimits: BodyLimits;
  schemas: Pick<SchemaCache, 'get'>;
  cache: Cache;
  executor: Executor;
  /** Absent: no request counts for a rate limit, and none is refused, as where an administrator tries a route. */
  rates?: RateLimiter | undefined;
  refreshes: Refreshes;
  /** Brings the routing table up to date. @throws when config is away. */
  catchUp(): Promise<void>;
  /** Told of every problem before it is answered: its cause is for the log alone. */
  onProblem(problem: Problem, request: Request): void;
}
