import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { guard, newKeys, root, type ServiceName } from '@rostrum/stack';
import { DockerComposeEnvironment, getContainerRuntimeClient } from 'testcontainers';
import { type Admin, adminClient } from './admin.ts';
import { temporaryDirectory } from './directory.ts';
import type { Target } from './target.ts';
import { namespace } from './wait-for.ts';

/** The services of docker-compose.yml that tests do something to. */
export type ComposeService = ServiceName | 'nats' | 'redis' | 'conductor' | 'balancer' | 'worker';

export interface ContainersOptions {
  /** conductor-dev (a second to start) unless `real`: Conductor OSS (20 s, 1 GB). */
  conductor?: 'real' | 'dev';
  /** How many of each; 1 unless given. */
  replicas?: Partial<Record<ComposeService, number>>;
  /** Settings of docker-compose.yml, such as `NATS_IMAGE`. */
  env?: Record<string, string>;
  /** More compose files, relative to the checkout, which add to or change the first. */
  files?: readonly string[];
}

/**
 * What ops run: docker-compose.yml with the project's own images (those that `buildImages` has built), as a project of
 * its own, with networks, volumes, ports and a name space of its own. Removed with {@link Containers.stop}, and when this
 * process ends.
 */
export class Containers implements Target {
  readonly project: string;
  readonly apiKey: string;
  readonly admin: Admin;
  /** Where the balancer is, in front of all ingresses. */
  url = '';
  configUrl = '';
  /** Up to and with `/api`. */
  conductorUrl = '';
  #options: ContainersOptions;
  readonly #settings: Record<string, string>;

  private constructor(
    options: ContainersOptions,
    settings: Record<string, string>,
    admin: (url: () => string) => Admin,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.project = `rostrum-test-${randomBytes(4).toString('hex')}`;
    this.apiKey = settings.ROSTRUM_DEMO_API_KEY as string;
    this.admin = admin(() => this.configUrl);
  }

  /** @throws with the logs of all containers when they do not become healthy. */
  static async start(options: ContainersOptions = {}): Promise<Containers> {
    const keys = newKeys();
    const directory = await temporaryDirectory('secrets');
    const secret = async (name: 'ADMIN_KEY_ID' | 'ADMIN_KEY_SECRET') => {
      const file = join(directory, name);
      await writeFile(file, keys[name], { mode: 0o644 });
      return { [`${name}_FILE`]: file };
    };
    const ports = { INGRESS_PORT: '0', CONFIG_PORT: '0', CONDUCTOR_PORT: '0', PROMETHEUS_PORT: '0' };
    const settings = {
      NAMESPACE: namespace(),
      ROSTRUM_DEMO_API_KEY: keys.ROSTRUM_DEMO_API_KEY,
      ...(await secret('ADMIN_KEY_ID')),
      ...(await secret('ADMIN_KEY_SECRET')),
      ...ports,
      // Docker gives no two networks the same addresses: other stacks may be up.
      EDGE_SUBNET: `10.${128 + randomInt(128)}.${randomInt(256)}.0/24`,
    };
    const containers = new Containers(options, settings, (url) => adminClient(url, keys));
    guard.watchProject(containers.project);
    try {
      await containers.#up();
      return containers;
    } catch (error) {
      const logs = await containers.logs();
      await containers.stop();
      throw new Error(`${(error as Error).message}\n${logs}`, { cause: error });
    }
  }

  /**
   * Makes so many containers of one service be there, new ones with these settings, and waits until they are healthy.
   * Those that run are left as they are, unless there are too many.
   */
  async scale(service: ComposeService, count: number, env: Record<string, string> = {}): Promise<void> {
    const change = { ...this.#options.replicas, [service]: count };
    this.#options = { ...this.#options, replicas: change, env: { ...this.#options.env, ...env } };
    const only = ['--no-build', '--no-deps', '--no-recreate', '--scale', `${service}=${count}`, service];
    await this.compose('up', '--detach', '--wait', '--quiet-pull', ...only);
  }

  async #up(): Promise<void> {
    const { replicas = {} } = this.#options;
    // Would take what did not start away before its logs can be read; `stop` does it.
    (await getContainerRuntimeClient()).compose.down = () => Promise.resolve();
    const scale = Object.entries(replicas).flatMap(([service, count]) => ['--scale', `${service}=${count}`]);
    await new DockerComposeEnvironment(root, this.#files)
      .withProjectName(this.project)
      .withEnvironment(this.#composeEnvironment())
      .withProfiles(this.#profile)
      .withClientOptions({ commandOptions: ['--wait', '--no-build', ...scale] })
      .up();
    const address = async (service: ComposeService, port: number) =>
      `http://${(await this.compose('port', service, `${port}`)).trim()}`;
    this.url = await address('balancer', 7080);
    this.configUrl = await address('balancer', 7081);
    this.conductorUrl = `${await address(this.#known('conductor'), 8080)}/api`;
  }

  get urls(): { ingress: string[]; config: string[] } {
    return { ingress: [this.url], config: [this.configUrl] };
  }

  /** Names of the containers of a service, running or not, in the order of their numbers. */
  async names(service: ComposeService): Promise<string[]> {
    const listed = await this.compose('ps', '--all', '--format', '{{.Name}}', this.#known(service));
    return listed.split('\n').filter(Boolean).sort();
  }

  /** `docker <args>`; gives what it prints. */
  async docker(...args: string[]): Promise<string> {
    return (await promisify(execFile)('docker', args, { maxBuffer: 64 * 1024 * 1024 })).stdout;
  }

  /** `docker compose <args>` for this project. */
  async compose(...args: string[]): Promise<string> {
    const named = this.#files.flatMap((file) => ['--file', join(root, file)]);
    const all = ['compose', '--project-name', this.project, ...named, '--profile', this.#profile, ...args];
    const options = { cwd: root, env: this.#composeEnvironment(), maxBuffer: 64 * 1024 * 1024 };
    return (await promisify(execFile)('docker', all, options)).stdout;
  }

  /** The network of this project by its name in docker-compose.yml, as `docker network` calls it. */
  network(name: 'bus' | 'data' | 'conductor' | 'edge'): string {
    return `${this.project}_${name}`;
  }

  /** The last lines of every container. */
  async logs(lines = 60): Promise<string> {
    return this.compose('logs', '--no-color', '--tail', `${lines}`).catch((error: Error) => error.message);
  }

  async stop(): Promise<void> {
    // Killed first: nothing that is still open is to be waited for.
    await this.compose('kill').catch(() => {});
    await this.compose('down', '--volumes', '--timeout', '0');
    guard.forgetProject(this.project);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #files(): string[] {
    return ['docker-compose.yml', ...(this.#options.files ?? [])];
  }

  get #profile(): 'conductor' | 'dev' {
    return this.#options.conductor === 'real' ? 'conductor' : 'dev';
  }

  /** `conductor` is whichever there is. */
  #known(service: ComposeService): ComposeService {
    return service === 'conductor' && this.#profile === 'dev' ? 'conductor-dev' : service;
  }

  #composeEnvironment(): Record<string, string> {
    return { ...(process.env as Record<string, string>), ...this.#settings, ...this.#options.env };
  }
}

/**
 * Builds the images of docker-compose.yml, or those of some of its services, from the checkout, or from another
 * `context`, tagged `version`.
 *
 * @throws with the end of the build's output.
 */
export async function buildImages(
  version: string,
  { context = root, services = [] }: { context?: string; services?: readonly string[] } = {},
): Promise<void> {
  const profiles = ['--profile', 'conductor', '--profile', 'dev'];
  const args = ['compose', '--file', join(root, 'docker-compose.yml'), '--project-directory', context, ...profiles];
  // One tag for all, whatever tags are set for single services.
  const versions = ['ROSTRUM', 'INGRESS', 'CONFIG', 'EXECUTOR', 'CACHE'].map((name) => [`${name}_VERSION`, version]);
  const env = { ...process.env, ...Object.fromEntries(versions) };
  await promisify(execFile)('docker', [...args, 'build', '--quiet', ...services], { env, maxBuffer: 64 * 1024 * 1024 });
}
