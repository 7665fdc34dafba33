import { buildImages } from '@rostrum/testkit';

/** The images are built once a run; what has not changed is taken from the build before. */
export async function setup(): Promise<void> {
  await buildImages((process.env.ROSTRUM_VERSION ??= 'test'));
}
