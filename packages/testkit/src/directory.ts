import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guard } from '@rostrum/stack';

/** A directory of its own under the system's temporary one; gone with this process at the latest. */
export async function temporaryDirectory(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `rostrum-${name}-`));
  guard.removeAtEnd(directory);
  return directory;
}
