import { part } from '../client.ts';
import type { Context } from '../context.ts';
import type { Body } from '../file/load.ts';
import { gateway } from '../plan/live.ts';
import { routesOf } from '../plan/normal.ts';

interface View {
  service: string;
  method: string;
  path: string;
  workflow: string;
  auth: string;
  notes: string[];
}

/** Lists the routes of one service, or of all. */
export async function routes({ ui, client }: Context, id: string | undefined): Promise<void> {
  const path = `${gateway}/services`;
  const services = id === undefined ? await client.get<Body[]>(path) : [await client.get<Body>(`${path}/${part(id)}`)];
  const rows = services.flatMap((service) => routesOf(service).map((route) => viewOf(service, route)));
  ui.result(rows);
  ui.table(
    ['SERVICE', 'METHOD', 'PATH', 'WORKFLOW', 'AUTH', 'NOTES'],
    rows.map((row) => [row.service, row.method, row.path, row.workflow, row.auth, row.notes.join(', ')]),
  );
}

function viewOf(service: Body, route: Body): View {
  const { name, version } = route['mappedWorkflow'] as { name: string; version?: number };
  const limit = route['rateLimitConfig'] as { concurrentExecLimit: number } | undefined;
  const cache = route['cacheConfig'] as { ttlInSecond: number } | undefined;
  const notes = [
    service['enabled'] === false && 'disabled',
    route['workflowExecutionMode'] === 'ASYNCHRONOUS' && 'asynchronous',
    cache && `cached ${cache.ttlInSecond} s`,
    limit && `${limit.concurrentExecLimit} at once`,
    (route['inputSchema'] ?? route['inputSchemaRef']) !== undefined && 'input schema',
    Boolean(route['preRequestScript'] ?? route['postResponseScript']) && 'script',
  ];
  return {
    service: String(service['id']),
    method: String(route['httpMethod']),
    path: joined(String(service['path']), String(route['path'])),
    workflow: version ? `${name}@${version}` : name,
    auth: (service['authConfigId'] as string | undefined) ?? '(nobody gets in)',
    notes: notes.filter((note) => typeof note === 'string'),
  };
}

/** As a caller writes it. */
function joined(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`.replace(/(.)\/+$/, '$1');
}
