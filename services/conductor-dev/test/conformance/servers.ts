import { createLogger } from '@rostrum/service/logger';
import { afterAll, beforeAll } from 'vitest';
import { startApp } from '../../src/app.ts';
import { readSettings } from '../../src/config.ts';

/** A server the suite runs against. `url` may be used in tests and hooks: the API, such as `http://127.0.0.1:7090/api`. */
export interface TestedServer {
  name: string;
  isReal: boolean;
  url(): string;
}

/** conductor-dev on a free port and, when CONDUCTOR_SERVER_URL names one, a real Conductor. To be called where hooks may be registered. */
export function testedServers(env: NodeJS.ProcessEnv = {}): TestedServer[] {
  const servers: TestedServer[] = [useConductorDev(env)];
  const real = process.env.CONDUCTOR_SERVER_URL;
  if (real) servers.push({ name: `Conductor at ${real}`, isReal: true, url: () => real });
  return servers;
}

function useConductorDev(env: NodeJS.ProcessEnv): TestedServer {
  let app: Awaited<ReturnType<typeof startApp>> | undefined;
  beforeAll(async () => {
    const settings = readSettings({ CONDUCTOR_DEV_PORT: '0', LOG_LEVEL: 'silent', ...env });
    app = await startApp(settings, createLogger('conductor-dev', settings.LOG_LEVEL));
  });
  afterAll(() => app?.drain());
  return {
    name: 'conductor-dev',
    isReal: false,
    url() {
      if (!app) throw new Error('conductor-dev is started by a hook: use its address in tests and hooks.');
      return `${app.addresses.http}/api`;
    },
  };
}
