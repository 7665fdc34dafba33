import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, type ChildOptions, type Exit, startChild } from './child.ts';
import { type Conductor, type Surroundings, serviceEnvironment } from './environment.ts';
import type { Keys } from './keys.ts';
import { startNats } from './nats.ts';
import { startRedis } from './redis.ts';
import { asUser, natsAuthorization, natsLiveness, newPasswords, redisAcl } from './rights/render.ts';
import { operator } from './rights/table.ts';
import type { Server } from './server.ts';
import { type Service, type ServiceName, startService } from './service.ts';

export interface StackOptions {
  /** Where the servers keep their data; logs go to `logs/` in it. */
  directory: string;
  keys: Keys;
  /** Port of the first ingress. Not 0: the others are told beforehand where it will be. */
  ingressPort: number;
  /** Ports of the first config service and of conductor-dev: free ones unless given. */
  configPort?: number | undefined;
  conductorPort?: number | undefined;
  /** How many processes of each service; 1 unless given. */
  replicas?: Partial<Record<Exclude<ServiceName, 'conductor-dev'>, number>> | undefined;
  /** More environment, of all services or of one; wins over what is set here. */
  env?: Partial<Record<ServiceName | 'all', Record<string, string>>> | undefined;
  /** Servers that run already, to be used instead of own ones. */
  natsUrl?: string | undefined;
  redisUrl?: string | undefined;
  conductor?: Conductor | undefined;
  /** More configuration of an own NATS server, in its own format. */
  natsConfig?: string | undefined;
  /** Gives the start up; what has been started is stopped. */
  signal?: AbortSignal | undefined;
  /** Called with each part that has become ready, and the time it took (ms). */
  onReady?: ((name: string, tookMs: number) => void) | undefined;
}

/** Callers' side first: each can still reach what it needs to finish its work. */
const stopOrder: readonly (readonly ServiceName[])[] = [
  ['ingress'],
  ['executor', 'cache', 'config'],
  ['conductor-dev'],
];

/** The whole of Rostrum as processes on this machine: servers, services and the embedded Conductor. */
export class Stack {
  /** Undefined where a running one is used. */
  nats: Server | undefined;
  redis: Server | undefined;
  /** The running processes of each service, in the order of their start. */
  readonly services: Record<ServiceName, Service[]> = {
    ingress: [],
    config: [],
    executor: [],
    cache: [],
    'conductor-dev': [],
  };
  /** Where everything is; complete once {@link Stack.start} has settled. */
  readonly around: Surroundings;
  /** Settles with a sentence when a part ends that was not told to. */
  readonly failed: Promise<string>;
  readonly #options: StackOptions;
  readonly #logs: string;
  readonly #giveUp = new AbortController();
  readonly #signal: AbortSignal;
  readonly #failure = Promise.withResolvers<string>();
  readonly #programs: Child<unknown>[] = [];
  readonly #started: Record<ServiceName, number> = { ingress: 0, config: 0, executor: 0, cache: 0, 'conductor-dev': 0 };
  #stopping = false;

  private constructor(options: StackOptions) {
    this.#options = options;
    this.#logs = join(options.directory, 'logs');
    this.#signal = AbortSignal.any([this.#giveUp.signal, ...(options.signal ? [options.signal] : [])]);
    this.failed = this.#failure.promise;
    const unknown = { natsUrl: options.natsUrl ?? '', redisUrl: options.redisUrl ?? '' };
    const { conductorPort } = options;
    const conductor = options.conductor ?? { url: conductorPort ? `http://127.0.0.1:${conductorPort}/api` : '' };
    const ingressUrl = `http://127.0.0.1:${options.ingressPort}`;
    this.around = { keys: options.keys, ingressUrl, conductor, passwords: {}, ...unknown };
  }

  /**
   * Starts everything, at the same time where one does not need the other.
   *
   * @throws {StartError} when a part does not get ready; all the others are stopped then.
   */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options);
    await mkdir(stack.#logs, { recursive: true });
    const parts = stack.#startAll();
    try {
      await Promise.all(parts);
      return stack;
    } catch (error) {
      stack.#giveUp.abort();
      await Promise.allSettled(parts);
      await stack.stop();
      throw error;
    }
  }

  /** Where the `index`th process of a service has its API. */
  url(service: ServiceName, index = 0): string {
    const url = this.services[service][index]?.ready.http;
    if (url === undefined) throw new Error(`There is no ${service} ${index} with an API.`);
    return url;
  }

  /** Starts one more process of a service; its API takes a free port unless one is given. */
  async add(service: ServiceName, env: Record<string, string> = {}, port = 0): Promise<Service> {
    const number = ++this.#started[service];
    const name = number === 1 ? service : `${service}-${number}`;
    const { all, [service]: own } = this.#options.env ?? {};
    const settings = { ...serviceEnvironment(service, this.around, port), ...all, ...own, ...env };
    const logFile = join(this.#logs, `${name}.log`);
    const started = await this.#timed(name, () =>
      startService(service, settings, { name, logFile, signal: this.#signal }),
    );
    const running = this.services[service];
    running.push(started);
    this.#report(name, started.exited, logFile);
    void started.exited.then(() => running.splice(running.indexOf(started), 1));
    return started;
  }

  /** Starts another program, such as a worker, as a part of this stack. */
  async run<T>(options: ChildOptions<T>): Promise<Child<T>> {
    const logFile = join(this.#logs, `${options.name}.log`);
    const program = await startChild({ ...options, logFile, signal: this.#signal });
    this.#programs.push(program);
    this.#report(options.name, program.exited, logFile);
    return program;
  }

  /** Stops everything, callers' side first. May be called at any time, and again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#giveUp.abort();
    for (const names of stopOrder) {
      await Promise.all(names.flatMap((name) => this.services[name].map((service) => service.stop())));
    }
    await Promise.all(this.#programs.map((program) => program.stop()));
    await Promise.all([this.nats?.stop(), this.redis?.stop()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #startAll(): Promise<unknown>[] {
    const { replicas = {}, ingressPort, configPort = 0, conductorPort = 0 } = this.#options;
    const several = (service: keyof typeof replicas, firstPort: number) =>
      Promise.all(
        Array.from({ length: replicas[service] ?? 1 }, (_, index) =>
          this.add(service, {}, index === 0 ? firstPort : 0),
        ),
      );
    const nats = this.#startNats();
    const redis = this.#startRedis();
    const conductor = this.#startConductor(conductorPort);
    return [
      nats,
      redis,
      conductor,
      // Config is told where Conductor is, and does not need it to run.
      Promise.all([nats, redis, ...(conductorPort === 0 ? [conductor] : [])]).then(() => several('config', configPort)),
      Promise.all([nats, redis]).then(() => several('ingress', ingressPort)),
      Promise.all([nats, redis]).then(() => several('cache', 0)),
      Promise.all([nats, redis, conductor]).then(() => several('executor', 0)),
    ];
  }

  get #namespace(): string {
    return this.#options.env?.all?.NAMESPACE || process.env.NAMESPACE || 'rostrum';
  }

  async #startNats() {
    const { natsUrl, natsConfig, directory } = this.#options;
    if (natsUrl !== undefined) return;
    const { nats: passwords } = newPasswords();
    this.around.passwords.nats = passwords;
    const config = [natsLiveness, natsAuthorization(this.#namespace, passwords), natsConfig].join('\n');
    const logFile = join(this.#logs, 'nats-server.log');
    const options = { dir: join(directory, 'nats'), config, logFile, signal: this.#signal };
    this.nats = await this.#timed('nats-server', () => startNats(options));
    this.around.natsUrl = asUser(this.nats.url, operator, passwords[operator]);
    this.#report('nats-server', this.nats.exited, logFile);
  }

  async #startRedis() {
    const { redisUrl, directory } = this.#options;
    if (redisUrl !== undefined) return;
    const { redis: passwords } = newPasswords();
    this.around.passwords.redis = passwords;
    const acl = redisAcl(this.#namespace, passwords);
    const logFile = join(this.#logs, 'redis-server.log');
    const options = { dir: join(directory, 'redis'), acl, logFile, signal: this.#signal };
    this.redis = await this.#timed('redis-server', () => startRedis(options));
    this.around.redisUrl = asUser(this.redis.url, operator, passwords[operator]);
    this.#report('redis-server', this.redis.exited, logFile);
  }

  async #startConductor(port: number) {
    if (this.#options.conductor) return;
    const service = await this.add('conductor-dev', {}, port);
    this.around.conductor = { url: `${service.ready.http}/api` };
  }

  async #timed<T>(name: string, start: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const started = await start();
    this.#options.onReady?.(name, performance.now() - begin);
    return started;
  }

  #report(name: string, exited: Promise<Exit>, logFile: string) {
    void exited.then(({ code, signal }) => {
      if (!this.#stopping)
        this.#failure.resolve(
          `${name} ended (${signal ?? `exit code ${code}`}); its log: ${logFile}. Without it the rest is of no use here, so Rostrum stops.`,
        );
    });
  }
}
