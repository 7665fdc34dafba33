import { generateApiKey } from '@rostrum/contract/api-keys';
import { type AdminClient, type Answer, part } from '../client.ts';
import type { Context } from '../context.ts';
import { CliError } from '../exit.ts';
import type { Body } from '../file/load.ts';
import { gateway } from '../plan/live.ts';
import { normal } from '../plan/normal.ts';
import { count } from '../ui.ts';

/** Makes an API_KEY auth config with a key, or adds a key to one that is there. The key is shown this once. */
export async function createKey(context: Context, id: string): Promise<void> {
  const { client } = context;
  const found = await client.find<Body>(pathOf(id));
  if (found) return addKey(context, id, found);
  const key = generateApiKey();
  await client.send('POST', `${gateway}/auth`, { id, authenticationType: 'API_KEY', apiKeys: [key] });
  tellKey(context, id, key, 1);
}

/** Adds a new key beside those there are; with `retire` takes away all but the newest, and adds none. */
export async function rotateKeys(
  context: Context,
  id: string,
  { retire = false }: { retire?: boolean },
): Promise<void> {
  const { ui, client } = context;
  const found = await requireAuthConfig(client, id);
  if (!retire) return addKey(context, id, found);
  const keys = keysOf(found.body);
  if (keys.length < 2)
    throw new CliError(`The auth config ${id} has ${count(keys.length, 'key')}: there is no old one to retire`);
  await replaceKeys(client, id, found, keys.slice(-1));
  ui.result({ authConfig: id, retired: keys.length - 1, keys: keys.slice(-1) });
  ui.say(`retired ${count(keys.length - 1, 'key')} of ${id}; ${keys.at(-1)} is left`);
}

/** Shows the keys of an auth config, masked. */
export async function listKeys({ ui, client }: Context, id: string): Promise<void> {
  const keys = keysOf((await requireAuthConfig(client, id)).body);
  ui.result({ authConfig: id, keys });
  for (const key of keys) ui.say(key);
}

async function addKey(context: Context, id: string, found: Answer<Body>): Promise<void> {
  if (found.body['authenticationType'] !== 'API_KEY') {
    throw new CliError(`The auth config ${id} is ${String(found.body['authenticationType'])}: only API_KEY has keys`);
  }
  const key = generateApiKey();
  const keys = [...keysOf(found.body), key];
  await replaceKeys(context.client, id, found, keys);
  tellKey(context, id, key, keys.length);
}

/** Under the condition that nobody has changed it meanwhile, where the server can tell. */
async function replaceKeys(client: AdminClient, id: string, { body, etag }: Answer<Body>, apiKeys: string[]) {
  await client.send('PUT', pathOf(id), { ...normal('authConfig', body), apiKeys }, etag);
}

function tellKey({ ui }: Context, id: string, key: string, number: number): void {
  ui.result({ authConfig: id, key, keys: number });
  ui.complain(`a new key of ${id}, shown once; ${number === 1 ? 'it is the only one' : `${number} are valid now`}:`);
  ui.say(key);
}

async function requireAuthConfig(client: AdminClient, id: string): Promise<Answer<Body>> {
  const found = await client.find<Body>(pathOf(id));
  if (found) return found;
  throw new CliError(`There is no auth config ${id}: \`rostrum keys create ${id}\` makes one`);
}

function keysOf({ apiKeys }: Body): string[] {
  return (apiKeys as string[] | undefined) ?? [];
}

function pathOf(id: string): string {
  return `${gateway}/auth/${part(id)}`;
}
