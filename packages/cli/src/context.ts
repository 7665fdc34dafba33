import { findAccess } from './access.ts';
import { AdminClient } from './client.ts';
import { Ui } from './ui.ts';

/** Options that every command has. */
export interface Globals {
  server?: string;
  json?: boolean;
  color: boolean;
}

export interface Context {
  ui: Ui;
  client: AdminClient;
}

export function contextOf({ server, json = false, color }: Globals): Context {
  return { ui: new Ui({ json, color }), client: new AdminClient(findAccess(server)) };
}
