import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { nodeEnvironment, root } from './paths.ts';

export type ServiceName = 'ingress' | 'config' | 'executor' | 'cache' | 'conductor-dev';

/** A running service process; `ready` are its addresses by name: `http` (where it has an API) and `ops`. */
export type Service = Child<Record<string, string>> & { readonly service: ServiceName };

export interface ServiceOptions {
  /** As messages call this replica; the service's name unless given. */
  name?: string | undefined;
  logFile?: string | undefined;
  /** How long it may take to get ready (ms); 45 s unless given, for machines that do much else. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Starts `services/<service>` as a process and waits for its log line `ready`.
 *
 * @param env is added to this process's environment.
 * @throws {StartError} with its last log lines.
 */
export async function startService(
  service: ServiceName,
  env: Record<string, string>,
  options: ServiceOptions = {},
): Promise<Service> {
  const child = await startChild({
    timeoutMs: 45_000,
    ...options,
    name: options.name ?? service,
    command: process.execPath,
    args: [join(root, 'services', service, 'src', 'main.ts')],
    cwd: root,
    env: nodeEnvironment(env),
    ready: readyAddresses,
  });
  return { ...child, service };
}

/** The addresses, if this line of a service's log is the one that says it is ready. */
function readyAddresses(line: string): Record<string, string> | undefined {
  if (!line.includes('"msg":"ready"')) return undefined;
  try {
    const { msg, addresses } = JSON.parse(line) as { msg?: string; addresses?: Record<string, string> };
    return msg === 'ready' ? addresses : undefined;
  } catch {
    return undefined;
  }
}
