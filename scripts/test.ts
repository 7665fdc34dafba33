import { join } from 'node:path';
import { findBinaries, root } from '@rostrum/stack';
import { whyNoContainers } from './lib/engine.ts';
import { step } from './lib/steps.ts';
import { runTool, stopToolsWithParent } from './lib/tool.ts';

/**
 * `npm test`: sees to the servers that tests need, then runs vitest with the arguments given. The tests that run the
 * images are run where a Docker engine answers; ROSTRUM_CONTAINER_TESTS=off leaves them out. In CI an engine that
 * lacks an image is a failure. `--rounds=20` runs the series of kills, the random tests and every order of an upgrade so many
 * times over, which takes hours.
 */
stopToolsWithParent();
try {
  await step('nats-server and redis-server', () => findBinaries());
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exit(1);
}
const isRounds = /^--rounds=([1-9]\d*)$/;
const rounds = process.argv.map((argument) => isRounds.exec(argument)?.[1]).find(Boolean);
if (rounds) Object.assign(process.env, { ROSTRUM_TEST_ROUNDS: rounds, UPGRADE_ORDERS: 'all' });
const wanted = process.argv.slice(2).filter((argument) => !isRounds.test(argument));
const asked = wanted.length === 0 || wanted.some((each) => each.startsWith('-') || each.includes('e2e'));
const isOff = process.env.ROSTRUM_CONTAINER_TESTS === 'off';
const lack = asked && !isOff ? await step('container engine and images', async () => whyNoContainers()) : undefined;
if (asked && (isOff || lack)) {
  const reason = lack?.reason ?? 'ROSTRUM_CONTAINER_TESTS is off';
  console.log(`  – tests of the images (e2e/containers) are not run: ${reason}`);
  if (process.env.CI === 'true' && lack?.kind === 'no-images') process.exit(1);
}
process.env.ROSTRUM_CONTAINER_TESTS = asked && !isOff && !lack ? 'on' : 'off';
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
process.exit(await runTool(process.execPath, [vitest, 'run', ...wanted]));
