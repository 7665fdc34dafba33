import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasDebianPackages, unpackDebianPackages } from './debian.ts';
import { binaryDirectory, findProgram, programFolders } from './paths.ts';

/** How a server is run: a program with what its libraries need in the environment, or a container image. */
export type Binary =
  | { kind: 'program'; path: string; env: Record<string, string>; from: 'PATH' | 'packages' }
  | { kind: 'container'; image: string };

export type ServerName = 'nats-server' | 'redis-server';

const servers = {
  // redis-server is a link to a program in redis-tools; naming both keeps them at one version.
  'redis-server': { packages: ['redis-server', 'redis-tools'], image: 'redis:7-alpine', url: 'REDIS_URL' },
  'nats-server': { packages: ['nats-server'], image: 'nats:2.10-alpine', url: 'NATS_URL' },
} as const;

/** A server can neither be found nor had; the message names the ways to get it. */
export class MissingBinaryError extends Error {
  override name = 'MissingBinaryError';
}

export interface FindOptions {
  /** Where to look for programs; PATH and the system's own folders unless given. */
  folders?: readonly string[];
  /** Where unpacked packages are kept. */
  directory?: string;
  debian?: boolean;
  docker?: boolean;
}

/** Both servers; see {@link findBinary}. */
export async function findBinaries(options: FindOptions = {}): Promise<Record<ServerName, Binary>> {
  const [nats, redis] = await Promise.all([findBinary('nats-server', options), findBinary('redis-server', options)]);
  return { 'nats-server': nats, 'redis-server': redis };
}

/**
 * Finds a server: on PATH, else among the packages unpacked earlier, else by unpacking the distribution's packages
 * (seconds, a few MB), else as a container where Docker answers.
 *
 * @throws {MissingBinaryError} when none of these ways is open.
 */
export async function findBinary(server: ServerName, options: FindOptions = {}): Promise<Binary> {
  const { directory = binaryDirectory, debian = hasDebianPackages() } = options;
  const { packages, image, url } = servers[server];
  const onPath = findProgram(server, options.folders ?? programFolders());
  if (onPath !== undefined) return { kind: 'program', path: onPath, env: {}, from: 'PATH' };

  const target = join(directory, server);
  const unpacked = findUnpacked(server, target);
  if (unpacked) return unpacked;
  let failure = 'this system has no apt-get and dpkg-deb';
  if (debian) {
    try {
      await unpackDebianPackages(packages, target);
      const found = findUnpacked(server, target);
      if (found) return found;
      failure = `the packages ${packages.join(', ')} hold no ${server}`;
    } catch (error) {
      failure = firstLine((error as { stderr?: string }).stderr || (error as Error).message);
    }
  }
  if (options.docker ?? dockerAnswers()) return { kind: 'container', image };
  throw new MissingBinaryError(
    `${server} is missing and could not be had from the distribution's packages (${failure}) or from Docker (it does ` +
      `not answer): put ${server} on PATH, or start Docker, or set ${url} to a server that runs already.`,
  );
}

function findUnpacked(server: ServerName, target: string): Binary | undefined {
  const path = findProgram(server, [join(target, 'usr/sbin'), join(target, 'usr/bin')]);
  if (path === undefined) return undefined;
  const folders = ['usr/lib', 'lib'].flatMap((folder) => libraryFolders(join(target, folder)));
  return { kind: 'program', path, env: { LD_LIBRARY_PATH: folders.join(':') }, from: 'packages' };
}

/** `lib` and its folders for an architecture, such as `lib/x86_64-linux-gnu`. */
function libraryFolders(lib: string): string[] {
  try {
    const entries = readdirSync(lib, { withFileTypes: true });
    return [lib, ...entries.filter((entry) => entry.name.includes('-linux-')).map((entry) => join(lib, entry.name))];
  } catch {
    return [];
  }
}

function dockerAnswers(): boolean {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('E:'));
  return (lines[0] ?? text.split('\n')[0] ?? '').trim();
}
