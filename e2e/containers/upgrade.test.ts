import { execFileSync } from 'node:child_process';
import { buildImages, Containers, load, temporaryDirectory } from '@rostrum/testkit';
import { root } from '@rostrum/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, feedback } from '../support.ts';

/**
 * The images of the previous commit and of this one side by side under load: services are replaced one after the other,
 * forth in one order and back in another.
 */
const services = ['ingress', 'config', 'executor', 'cache'] as const;
type Service = (typeof services)[number];

/** All orders with UPGRADE_ORDERS=all, else two that are the other's reverse. */
const orders = process.env.UPGRADE_ORDERS === 'all' ? permutations(services) : [[...services], services.toReversed()];
const current = process.env.ROSTRUM_VERSION as string;
const previous = `${current}-previous`;
const hasNoPast = git('rev-parse', '--is-shallow-repository') !== 'false' || git('rev-parse', 'HEAD^') === undefined;

let containers: Containers;
beforeAll(async () => {
  if (hasNoPast) return;
  const directory = await temporaryDirectory('previous');
  execFileSync('sh', ['-c', `git archive HEAD^ | tar -x -C "${directory}"`], { cwd: root });
  await buildImages(previous, { context: directory, services });
  const versions = Object.fromEntries(services.map((service) => [`${service.toUpperCase()}_VERSION`, previous]));
  containers = await Containers.start({ env: versions });
});
afterAll(() => containers?.stop());

describe.skipIf(hasNoPast)('an upgrade from the previous commit', () => {
  it.each(orders.map((order, index) => [order.join(', '), order, index] as const))(
    'in the order %s costs no request',
    async (_name, order, index) => {
      const version = index % 2 === 0 ? current : previous;
      const replaced = async () => {
        for (const service of order) await containers.replace(service, version);
      };
      const result = await load(request, { concurrency: 6, until: replaced() });
      expect(result.failures.map(({ error }) => error.message)).toEqual([]);
      expect(result.count).toBeGreaterThan(50);
      for (const service of services) expect(await imagesOf(service)).toEqual([`rostrum/${service}:${version}`]);
    },
  );
});

/** Each way that a request can take: through scripts; through a worker, or out of the cache; an answer on the way. */
async function request(run: number): Promise<void> {
  const ticket = Math.floor(run / 6);
  const { status, body } = await [
    () => call(containers, 'POST', `/api/feedback/p${run}`, { body: feedback }),
    () => call(containers, 'GET', `/api/tickets/${ticket}?customerId=${ticket}`),
    () => call(containers, 'POST', '/api/approvals', { key: null, body: { title: 'Desk', amount: 5 } }),
  ][run % 3]!();
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
}

async function imagesOf(service: Service): Promise<string[]> {
  const names = await containers.names(service);
  const images = names.map((name) => containers.docker('inspect', '--format', '{{.Config.Image}}', name));
  return (await Promise.all(images)).map((image) => image.trim());
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** Undefined when git or what is asked for is not there. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
