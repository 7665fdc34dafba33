import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, programFolders } from './paths.ts';

const run = promisify(execFile);

/** Whether this system's packages can be downloaded and unpacked (Debian, Ubuntu and their kin). */
export function hasDebianPackages(): boolean {
  return ['apt-get', 'dpkg-deb'].every((program) => findProgram(program, programFolders()) !== undefined);
}

/**
 * Downloads the packages, with the libraries they need that this system lacks, and unpacks them under `target`.
 * Nothing is installed, no daemon is started, and no rights of root are needed.
 *
 * The system's package lists are used if they are there and name files that still exist; else lists are fetched into
 * a folder of our own, from the sources that the system names.
 */
export async function unpackDebianPackages(packages: readonly string[], target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(`${target}.work-`);
  try {
    await download(packages, work, []).catch(async () => {
      const own = await ownLists(work);
      await run('apt-get', [...own, 'update', '-qq'], { timeout: 120_000 });
      await download(packages, work, own);
    });
    const files = (await readdir(work)).filter((file) => file.endsWith('.deb'));
    for (const file of files) await run('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
    await writeFile(join(work, 'root', 'packages.txt'), `${files.join('\n')}\n`);
    // Another process may have done the same at the same time; what it unpacked is as good.
    await rename(join(work, 'root'), target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Options that make apt keep its lists and caches in a folder of ours. */
async function ownLists(work: string): Promise<string[]> {
  const folders = { 'Dir::State::lists': join(work, 'lists'), 'Dir::Cache': join(work, 'cache') };
  for (const folder of Object.values(folders)) await mkdir(join(folder, 'partial'), { recursive: true });
  await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
  return Object.entries({ ...folders, 'APT::Sandbox::User': '' }).flatMap(([name, value]) => [
    '-o',
    `${name}=${value}`,
  ]);
}

async function download(packages: readonly string[], cwd: string, options: readonly string[]) {
  const apt = (...args: string[]) => run('apt-get', [...options, ...args], { cwd, timeout: 120_000 });
  // A simulated installation tells what is missing here; of that, programs and libraries matter, not what
  // installation scripts would want.
  const { stdout } = await apt('--simulate', '--no-install-recommends', 'install', ...packages);
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  const needed = missing.filter((name) => packages.includes(name) || /^(lib|lua)/.test(name));
  await apt('-qq', '-o', 'APT::Sandbox::User=', 'download', ...needed);
}
