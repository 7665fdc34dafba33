import type { Logger } from './logger.ts';
import { createLogger } from './logger.ts';
import { SettingsError } from './settings.ts';

/** A started service: where it can be reached, and how it stops. */
export interface RunningService {
  /** Addresses by name (`{http, ops}`); announced in the log line `ready`, which supervisors and tests wait for. */
  addresses: Record<string, string>;
  /** Stops taking work, finishes what has begun, closes everything. Bounded by DRAIN_TIMEOUT_MS. */
  drain(): Promise<void>;
}

export interface ServiceMain<Settings extends { LOG_LEVEL: string; DRAIN_TIMEOUT_MS: number }> {
  name: string;
  /** Reads the environment; a {@link SettingsError} ends the process with its text and exit code 2. */
  settings(): Settings;
  /** A {@link SettingsError}, too, when a setting turns out not to fit what is there. */
  start(settings: Settings, log: Logger): Promise<RunningService>;
}

/**
 * The life of a service process: settings, start, `ready`, drain on SIGTERM or SIGINT, exit.
 * Exit codes: 0 drained, 1 failed or drained too late, 2 settings not valid. A second signal exits at once.
 * An error nobody handled ends the process: after one, nothing it holds can be trusted.
 */
export async function runService<S extends { LOG_LEVEL: string; DRAIN_TIMEOUT_MS: number }>(main: ServiceMain<S>) {
  const refuse = (error: unknown): never => {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${main.name}: ${error.message}\n`);
    process.exit(2);
  };
  let settings: S;
  try {
    settings = main.settings();
  } catch (error) {
    refuse(error);
    return;
  }
  const log = createLogger(main.name, settings.LOG_LEVEL);
  const die = (message: string) => (error: unknown) => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', die('uncaught exception'));
  process.on('unhandledRejection', die('unhandled rejection'));

  let running: RunningService | undefined;
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    // Still waiting for a server that it needs: nothing has begun that would have to be finished.
    if (!running) return process.exit(0);
    setTimeout(() => {
      log.error(`not drained within ${settings.DRAIN_TIMEOUT_MS} ms`);
      process.exit(1);
    }, settings.DRAIN_TIMEOUT_MS).unref();
    running.drain().then(() => {
      log.info('drained');
      process.exit(0);
    }, die('cannot drain'));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    running = await main.start(settings, log);
  } catch (error) {
    if (error instanceof SettingsError) refuse(error);
    return die('cannot start')(error);
  }
  // Whatever the level is: supervisors wait for this line.
  log.child({}, { level: 'info' }).info({ addresses: running.addresses, pid: process.pid }, 'ready');
}
