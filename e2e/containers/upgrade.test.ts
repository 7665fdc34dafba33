import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '@rostrum/stack';
import { buildImages, Containers, temporaryDirectory } from '@rostrum/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failures, logsOnFailure, more, publishRoutes, routes, scored, stopped, summary, watched } from './support.ts';

/** Images of the previous commit and of this one, side by side, while the services are replaced one after the other. */

const run = promisify(execFile);
const services = ['config', 'cache', 'executor', 'ingress'] as const;
type Service = (typeof services)[number];

const current = process.env.ROSTRUM_VERSION as string;
const previous = `${current}-previous`;
const images = process.env.ROSTRUM_IMAGES ?? 'rostrum';
const setting = (service: Service) => `${service.toUpperCase()}_VERSION`;

/** All orders of these: 24 of the four services. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first) => permutations(items.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}
const orders = process.env.UPGRADE_ORDERS === 'all' ? permutations(services) : [[...services], services.toReversed()];

const commit = await run('git', ['rev-parse', '--verify', '--quiet', process.env.UPGRADE_FROM ?? 'HEAD^'], {
  cwd: root,
}).then(
  ({ stdout }) => stdout.trim(),
  () => undefined,
);
if (commit === undefined)
  process.stderr.write('No previous commit is known here: the rolling upgrade is not tested.\n');

describe.skipIf(commit === undefined)('a rolling upgrade from the previous commit, under load', () => {
  let gateway: Containers | undefined;
  beforeAll(async () => {
    const directory = await temporaryDirectory('previous');
    const archive = join(directory, 'archive.tar');
    await run('git', ['archive', '--output', archive, commit as string], { cwd: root });
    await run('tar', ['-xf', archive, '-C', directory]);
    // How images are made is not what is compared; an older commit may lack what ours are made of.
    if (process.env.UPGRADE_FROM === undefined) {
      await copyFile(join(root, 'Dockerfile'), join(directory, 'Dockerfile'));
      await copyFile(join(root, '.dockerignore'), join(directory, '.dockerignore'));
    }
    await rm(archive);
    await buildImages(previous, { context: directory, services });
  });
  afterEach(() => gateway?.stop());
  afterAll(async () => {
    await run('docker', ['image', 'rm', ...services.map((service) => `${images}/${service}:${previous}`)]);
  });

  it.each(orders.map((order) => ({ name: order.join(', '), order })))('$name: no request fails', async ({ order }) => {
    logsOnFailure(() => gateway);
    const target = await Containers.start({
      env: Object.fromEntries(services.map((service) => [setting(service), previous])),
    });
    gateway = target;
    await publishRoutes(target);
    const seen = await watched(target, { scored, ...routes }, async (now) => {
      await more(now);
      for (const service of order) {
        await target.scale(service, 2, { [setting(service)]: current });
        await more(now);
        expect(await stopped(target, service)).toBe(0);
        await more(now);
      }
    });
    expect(summary(failures(seen))).toEqual({});
    for (const service of services) {
      const [name, ...others] = await target.names(service);
      const image = await target.docker('inspect', '--format', '{{.Config.Image}}', name as string);
      expect([image.trim(), others]).toEqual([`${images}/${service}:${current}`, []]);
    }
  });
});
