import { orLacking } from '../client.ts';
import type { Context } from '../context.ts';
import { gateway } from '../plan/live.ts';
import { count } from '../ui.ts';

interface Rotation {
  dataKey: string;
  masterKey: string;
  resealed: number;
}

/** Has the server seal every secret with a new key. Many take a while, and it goes on when nobody waits any more. */
export async function rotateSecrets({ ui, client }: Context): Promise<void> {
  ui.progress('Sealing …');
  const path = `${gateway}/secrets/rotate`;
  const response = await orLacking('rotations', client.raw('POST', path, null, {}, { patient: true }));
  const rotation = (await response.json()) as Rotation;
  ui.result(rotation);
  const { resealed, dataKey, masterKey } = rotation;
  ui.say(`sealed ${count(resealed, 'secret')} with the data key ${dataKey}, under the master key ${masterKey}`);
}
