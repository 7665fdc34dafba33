import { text } from 'node:stream/consumers';
import { type Access, findAccess, normalServer } from '../access.ts';
import { AdminClient } from '../client.ts';
import { usage } from '../exit.ts';
import { profileFile, readProfiles, writeProfiles } from '../profiles.ts';
import type { Ui } from '../ui.ts';

export interface LoginOptions {
  server?: string;
  keyId?: string;
}

/**
 * Keeps an access key for a server, once it has been tried. The secret is asked for, or read from stdin; never taken from
 * the arguments, which others on the machine can see.
 */
export async function login(ui: Ui, { server: given, keyId: id }: LoginOptions): Promise<void> {
  const { server, key: known } = findAccess(given);
  const keyId = id ?? (ui.interactive ? await ui.ask('Id of the access key: ') : known?.keyId);
  if (!keyId) throw usage('Name the access key: --key-id');
  const keySecret = (
    ui.interactive ? await ui.ask('Its secret: ', { hidden: true }) : await text(process.stdin)
  ).trim();
  if (!keySecret) throw usage('There is no secret: write it to stdin');
  const access: Access = { server, key: { keyId, keySecret }, token: undefined, from: 'here' };
  await new AdminClient(access).token();
  const profiles = readProfiles();
  writeProfiles({ current: server, servers: { ...profiles.servers, [server]: { keyId, keySecret } } });
  ui.result({ server, keyId, file: profileFile() });
  ui.say(`logged in to ${server} as ${keyId}; kept in ${profileFile()}`);
}

/** Forgets the access key of a server, the last login's unless another is named. */
export function logout(ui: Ui, given: string | undefined): void {
  const { current, servers } = readProfiles();
  const server = given === undefined ? current : normalServer(given);
  if (server === undefined || !(server in servers)) throw usage(`There is no login at ${server ?? 'any server'}`);
  const rest = Object.fromEntries(Object.entries(servers).filter(([name]) => name !== server));
  writeProfiles({ ...(current === undefined || current === server ? {} : { current }), servers: rest });
  ui.result({ server });
  ui.say(`the access key of ${server} is forgotten`);
}
