import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformancePage, type Outcome, type Result } from './page.ts';
import { table } from './table.ts';

/** Runs the suite on both servers and writes `docs/conductor-dev-conformance.md` from what came of it. */

interface Report {
  testResults: { name: string; assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
}

if (!process.env.CONDUCTOR_SERVER_URL) {
  process.stderr.write('CONDUCTOR_SERVER_URL has to name a real Conductor, such as http://127.0.0.1:8080/api.\n');
  process.exit(2);
}
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
const file = join(folder, 'report.json');
const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const run = spawn(process.execPath, [vitest, 'run', 'services/conductor-dev/test/conformance', ...options], {
  cwd: root,
  stdio: 'inherit',
});
await once(run, 'exit');
const report = JSON.parse(await readFile(file, 'utf8')) as Report;
await rm(folder, { recursive: true });

/** By the file's name, the server's and the test's. */
const outcomes = new Map<string, Outcome>();
for (const { name, assertionResults } of report.testResults) {
  for (const { ancestorTitles, title, status } of assertionResults) {
    const server = ancestorTitles.join(' ').includes('conductor-dev') ? 'dev' : 'real';
    const test = name.split('/').at(-1)?.replace('.test.ts', '') ?? '';
    outcomes.set(`${test} ${server} ${title}`, status === 'passed' ? 'passed' : 'failed');
  }
}
const result = (test: string, title: string): Result => ({
  dev: outcomes.get(`${test} dev ${title}`) ?? 'not run',
  real: outcomes.get(`${test} real ${title}`) ?? 'not run',
});
const besides = [
  {
    name: 'the official JavaScript SDK’s worker polls, fails once, is tried again, comes back and completes',
    result: result('sdk-worker', 'polls, retries, comes back and completes'),
  },
];
const page = conformancePage(table, (group, name) => result('conformance', `${group}: ${name}`), besides);
await writeFile(join(root, 'docs/conductor-dev-conformance.md'), page);
