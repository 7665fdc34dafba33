import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editorSchema } from '@rostrum/cli/editor-schema';
import { describeSettings } from '@rostrum/service/settings';
import { root } from '@rostrum/stack';
import { settingsSchema as cache } from '../services/cache/src/config.ts';
import { settingsSchema as conductorDev } from '../services/conductor-dev/src/config.ts';
import { pageDrift } from '../services/conductor-dev/test/conformance/page.ts';
import { table as conformanceTable } from '../services/conductor-dev/test/conformance/table.ts';
import { settingsSchema as config } from '../services/config/src/config.ts';
import { settingsSchema as executor } from '../services/executor/src/config.ts';
import { settingsSchema as ingress } from '../services/ingress/src/config.ts';
import { metricsTables } from './lib/metrics-page.ts';
import { problemsPage } from './lib/problems-page.ts';
import { rightsTables } from './lib/rights-page.ts';

/**
 * Pages that are generated from the code: `node scripts/docs.ts` writes them, `--check` fails where one has drifted.
 * The page of conformance cases is written by a run of them; here it is only checked that it lists every case.
 */

function configurationPage(): string {
  const services = { ingress, config, executor, cache, 'conductor-dev': conductorDev };
  const sections = Object.entries(services).map(([name, schema]) => {
    const rows = describeSettings(schema).map(
      ({ name: setting, description, fallback, required }) =>
        `| \`${setting}\` | ${required ? '**required**' : fallback === undefined ? '' : `\`${fallback}\``} | ${cell(description)} |`,
    );
    return [`## ${name}`, '', '| variable | default | what it is |', '| --- | --- | --- |', ...rows, ''].join('\n');
  });
  return `# Configuration

Every service reads its settings from the environment, validates them all at start, names every fault at once, and exits
with code 2 if there is one. \`NAME_FILE=/path\` reads the value of \`NAME\` from a file, as container secrets want it.
This page is generated from the services' own schemas by \`node scripts/docs.ts\`.

What \`npm start\` understands besides: \`NATS_URL\`, \`REDIS_URL\`, \`CONDUCTOR_SERVER_URL\` (with \`CONDUCTOR_AUTH_KEY\`,
\`CONDUCTOR_AUTH_SECRET\`) use servers that run already; \`INGRESS_PORT\`, \`CONFIG_PORT\`, \`CONDUCTOR_DEV_PORT\` change ports (0 takes
a free one); \`ROSTRUM_DEMO_API_KEY\` sets the demo's key, \`ADMIN_KEY_ID\` and \`ADMIN_KEY_SECRET\` the admin's;
\`ROSTRUM_STATE_DIR\` is where data, keys and logs go (\`.rostrum\`).

${sections.join('\n')}`;
}

function metricsPage(): string {
  return `# Metrics

What each service's \`/metrics\` on its ops port tells Prometheus, besides what every process of Node tells of itself
(\`process_*\`, \`nodejs_*\`). Durations are in seconds. Labels are bounded by the configuration: services, routes
(\`METHOD /path\` as configured), and closed lists; nothing that a caller makes up. A series of a route that was deleted stays
until its process ends. Which of them are worth an alert stands in [operations.md](operations.md#watch-it). This page is
generated from the services' own registries by \`node scripts/docs.ts\`.

${metricsTables()}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A page that is written by hand but for the part between two comments. */
async function withGenerated(path: string, name: string, part: string): Promise<string> {
  const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- end -->'];
  const text = await readFile(join(root, path), 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`${path} lacks ${begin} or ${end}.`);
  return `${text.slice(0, from)}\n\n${part}\n\n${text.slice(to)}`;
}

const pages = {
  'docs/configuration.md': configurationPage(),
  'docs/problems.md': problemsPage(),
  'docs/metrics.md': metricsPage(),
  'schemas/rostrum.schema.json': `${JSON.stringify(editorSchema(), undefined, 2)}\n`,
  'docs/security.md': await withGenerated('docs/security.md', 'rights', rightsTables()),
};
const check = process.argv.includes('--check');
const drifted: string[] = [];
for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path);
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== text) drifted.push(path);
}
if (drifted.length > 0) {
  console.error(
    `${drifted.join(', ')} differ from what the code says: run \`node scripts/docs.ts\` and commit the result.`,
  );
  process.exit(1);
}

const conformance = 'docs/conductor-dev-conformance.md';
const { missing, surplus } = pageDrift(
  await readFile(join(root, conformance), 'utf8').catch(() => ''),
  conformanceTable,
);
if (check && missing.length + surplus.length > 0) {
  const faults = [...missing.map((name) => `  missing  ${name}`), ...surplus.map((name) => `  surplus  ${name}`)];
  console.error(
    `${conformance} does not list the cases there are:\n${faults.join('\n')}\nRun services/conductor-dev/test/conformance/write-page.ts against a real Conductor and commit the result.`,
  );
  process.exit(1);
}
