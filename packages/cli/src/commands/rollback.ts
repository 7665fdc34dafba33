import { orLacking, part } from '../client.ts';
import type { Context } from '../context.ts';
import { usage } from '../exit.ts';
import { gateway } from '../plan/live.ts';

interface Revision {
  revision: number;
  time: number | string;
  author: string;
  deleted?: boolean;
  changes?: { pointer: string }[];
}

export interface RollbackOptions {
  limit?: number;
}

/** Brings a service back to how it was at a revision; without one, lists those that there are. */
export async function rollback(
  { ui, client }: Context,
  id: string,
  revision: string | undefined,
  options: RollbackOptions,
) {
  const path = `${gateway}/services/${part(id)}`;
  if (revision === undefined) {
    const query = `?limit=${options.limit ?? 20}`;
    const revisions = await orLacking('a history', client.get<Revision[]>(`${path}/revisions${query}`));
    ui.result(revisions);
    ui.table(
      ['REVISION', 'TIME', 'BY', 'CHANGED'],
      revisions.map(({ revision: number, time, author, deleted, changes = [] }) => {
        const fields = changes.map(({ pointer }) => pointer).join(' ');
        return [String(number), new Date(time).toISOString(), author, deleted ? 'deleted' : fields.slice(0, 80)];
      }),
    );
    return;
  }
  if (!/^[1-9]\d{0,15}$/.test(revision))
    throw usage(`${revision} is no revision: \`rostrum rollback ${id}\` lists them`);
  const body = { revision: Number(revision) };
  const { body: service } = await orLacking('rollbacks', client.send('POST', `${path}/rollback`, body));
  ui.result(service);
  ui.say(`service ${id} is as it was at revision ${revision}`);
}
