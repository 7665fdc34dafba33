import type { SchemaCache } from '@rostrum/shared/json-schema';
import type { Problem } from '@rostrum/shared/problems';
import type { EdgeAuth } from '@rostrum/shared/revision';
import type { RoutingTable } from '../routing/table.ts';
import type { Cache } from './answer-cached.ts';
import type { Caller } from './caller.ts';
import type { Request } from './context.ts';
import type { Executor } from './execute.ts';

/** What the pipeline works with; app.ts puts the real ones in. */
export interface Deps {
  table: Pick<RoutingTable, 'match' | 'service'>;
  /** Who calls. Rejects with a {Problem}: unauthenticated, too-many-attempts, service-unavailable. */
  authenticate(request: Request, edge: { auth: EdgeAuth }): Promise<Caller>;
  schemas: Pick<SchemaCache, 'get'>;
  cache: Cache;
  executor: Executor;
  /** Brings the routing table up to date. @throws when config is away. */
  catchUp(): Promise<void>;
  /** Told of every problem before it is answered: its cause is for the log alone. */
  onProblem(problem: Problem, request: Request): void;
}
