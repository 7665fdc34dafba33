import { join } from 'node:path';
import { findBinaries, root } from '@rostrum/stack';
import { step } from './lib/steps.ts';
import { runTool, stopToolsWithParent } from './lib/tool.ts';

/** `npm test`: sees to the servers that tests need, then runs vitest with the arguments given. */
stopToolsWithParent();
try {
  await step('nats-server and redis-server', () => findBinaries());
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exit(1);
}
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
process.exit(await runTool(process.execPath, [vitest, 'run', ...process.argv.slice(2)]));
