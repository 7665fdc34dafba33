import { findBinaries } from '@rostrum/stack';
import { runTool, stopToolsWithParent } from './lib/tool.ts';

/**
 * `npm run verify`: all that has to hold before a change is merged, in one sequence, the same as in CI.
 * With names as arguments (`npm run verify -- lint types`) it runs those checks only.
 */

interface Check {
  name: string;
  /** Node, or a tool of this checkout by its name in node_modules/.bin, with its arguments. */
  command: readonly [tool: string, ...args: string[]];
  /** What its output has to say, where success is not enough. */
  output?: RegExp;
}

const checks: readonly Check[] = [
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'lint', command: ['oxlint', '--deny-warnings'] },
  // Without a TypeScript that it understands it would see no modules, and be content.
  {
    name: 'imports',
    command: ['depcruise', 'packages', 'services', 'examples', 'scripts', 'bench', 'e2e'],
    output: /[1-9]\d* modules/,
  },
  { name: 'unused', command: ['knip'] },
  { name: 'types', command: ['tsc', '--project', '.'] },
  { name: 'docs', command: ['node', 'scripts/docs.ts', '--check'] },
  { name: 'tests', command: ['vitest', 'run'] },
];

stopToolsWithParent();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`No check is called ${unknown.join(', ')}; there are: ${checks.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
await findBinaries();

const results: { name: string; passed: boolean; seconds: number }[] = [];
for (const { name, command, output } of checks.filter((check) => wanted.length === 0 || wanted.includes(check.name))) {
  const [tool, ...args] = command;
  console.log(`\n▸ ${name}: ${command.join(' ')}`);
  const begin = performance.now();
  // The launcher put this checkout's tools first on PATH.
  const passed = (await runTool(tool, args, output)) === 0;
  results.push({ name, passed, seconds: (performance.now() - begin) / 1000 });
}
console.log('');
for (const { name, passed, seconds } of results)
  console.log(`  ${passed ? '✓' : '✗'} ${name}  ${seconds.toFixed(1)} s`);
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
