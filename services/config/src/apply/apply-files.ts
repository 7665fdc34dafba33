import { AdminApiError, AdminClient, type AdminClientOptions } from './admin-client.ts';
import { doubleFaults, loadFile, type Wanted } from './load-file.ts';

export interface ApplyOptions extends AdminClientOptions {
  env: NodeJS.ProcessEnv;
  say(line: string): void;
  complain(line: string): void;
}

/**
 * Makes the gateway's configuration be what the files say; what they do not name stays. Applying them again changes
 * nothing. A file with faults of its own is not applied at all; a fault that the server finds leaves out that one thing.
 *
 * @returns whether all of it was applied.
 */
export async function applyFiles(
  files: readonly string[],
  { env, say, complain, ...access }: ApplyOptions,
): Promise<boolean> {
  const loaded = files.map((file) => loadFile(file, env));
  const wanted = loaded.flatMap((each) => each.wanted);
  const faults = [...loaded.flatMap((each) => each.faults), ...doubleFaults(wanted)];
  for (const fault of faults) complain(fault);
  if (faults.length > 0) return false;

  const client = new AdminClient(access);
  // Services name auth configs: these come first, so that nobody is turned away in between.
  const inOrder = wanted.toSorted((a, b) => Number(a.kind === 'service') - Number(b.kind === 'service'));
  let failed = false;
  for (const each of inOrder) {
    try {
      for (const line of await apply(client, each)) say(line);
    } catch (error) {
      if (!(error instanceof AdminApiError)) throw error;
      failed = true;
      tellFaults(each, error, complain);
      // The address or the access key is wrong: it would only be said once more for each of the others.
      if (error.status === 0 || error.status === 401) return false;
    }
  }
  return !failed;
}

async function apply(client: AdminClient, { kind, id, body }: Wanted): Promise<string[]> {
  const list = kind === 'service' ? '/services' : '/auth';
  const before = await client.get(`${list}/${encodeURIComponent(id)}`);
  if (!before) {
    const made = await client.post(list, body);
    return [`created ${kind} ${id}`, ...generatedKey(made, body).map((key) => `  its API key, shown once: ${key}`)];
  }
  // The server writes nothing when nothing differs; it also knows whether a plain key is the one it has a digest of.
  const after = await client.put(`${list}/${encodeURIComponent(id)}`, body);
  if (after['updateTime'] === before['updateTime']) return [`unchanged ${kind} ${id}`];
  return [`changed ${kind} ${id}`];
}

function generatedKey(made: Record<string, unknown>, sent: Record<string, unknown>): string[] {
  const sentKeys = sent['apiKeys'];
  if (Array.isArray(sentKeys) && sentKeys.length > 0) return [];
  return (made['apiKeys'] as string[] | undefined) ?? [];
}

function tellFaults({ kind, id, at }: Wanted, { faults }: AdminApiError, complain: (line: string) => void): void {
  for (const fault of faults) complain(`${at}: ${kind} ${id}: ${fault}`);
}
