import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loads the examples' workflow and task definitions into the Conductor at CONDUCTOR_SERVER_URL (up to and with
 * `/api`), with CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET where it asks for tokens. Loading them again changes
 * nothing. Run it with: node examples/load.ts
 */

export interface LoadOptions {
  serverUrl: string;
  keyId?: string | undefined;
  keySecret?: string | undefined;
}

/**
 * @returns the names of the workflows.
 * @throws {Error} naming what the server answered.
 */
export async function loadDefinitions({ serverUrl, keyId, keySecret }: LoadOptions): Promise<string[]> {
  const url = serverUrl.replace(/\/+$/, '');
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  const send = async (method: string, path: string, body: unknown) => {
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url}${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return text;
  };
  if (keyId && keySecret) {
    const { token } = JSON.parse(await send('POST', '/token', { keyId, keySecret })) as { token: string };
    headers['X-Authorization'] = token;
  }
  const workflows = read('workflow.json') as { name: string }[];
  await send('POST', '/metadata/taskdefs', read('tasks.json'));
  const answer = await send('PUT', '/metadata/workflow', workflows);
  const { bulkErrorResults = {} } = (answer ? JSON.parse(answer) : {}) as { bulkErrorResults?: object };
  if (Object.keys(bulkErrorResults).length > 0) throw new Error(`Workflows were refused: ${answer}`);
  return workflows.map(({ name }) => name);
}

/** The content of the file of that name in each example's folder that has one; arrays are joined. */
function read(name: string): unknown[] {
  return files(name).flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as unknown);
}

function files(name: string): string[] {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .filter((folder) => readdirSync(join(import.meta.dirname, folder.name)).includes(name))
    .map((folder) => join(import.meta.dirname, folder.name, name))
    .sort();
}

async function main() {
  const serverUrl = process.env.CONDUCTOR_SERVER_URL ?? 'http://127.0.0.1:7090/api';
  const { CONDUCTOR_AUTH_KEY: keyId, CONDUCTOR_AUTH_SECRET: keySecret } = process.env;
  console.log(`Loaded into ${serverUrl}: ${(await loadDefinitions({ serverUrl, keyId, keySecret })).join(', ')}`);
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    console.error(`The examples cannot be loaded: ${error.message}${cause}. Is CONDUCTOR_SERVER_URL right?`);
    process.exitCode = 1;
  });
}
