import { readFileSync } from 'node:fs';
import { valueFault } from '@rostrum/shared/value-faults';
import { z } from 'zod';

/**
 * Settings come from the environment alone, by the names that stand in the code (`settings.LOG_LEVEL`).
 * A service declares one zod object; each member's `.describe()` is its documentation (`docs/configuration.md`
 * is generated from it) and `.meta({ secret: true })` keeps its default out of that page.
 */

/** What every service process understands. Spread it into a service's own schema. */
export const processSettings = {
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),
  OPS_HOST: z.string().default('127.0.0.1').describe('Address the ops server (health and metrics) listens on.'),
  OPS_PORT: port().default(0).describe('Port of the ops server: `/livez`, `/readyz`, `/metrics`. 0 takes a free one.'),
  DRAIN_TIMEOUT_MS: milliseconds()
    .default(25_000)
    .describe('How long a stopping process may take to finish what it has begun, before it exits anyway (ms).'),
};

/** What every service on the bus understands. */
export const busSettings = {
  NATS_URL: z
    .string()
    .default('nats://127.0.0.1:4222')
    .describe('NATS servers, comma-separated. User and password may stand in the URL.'),
  NAMESPACE: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'use lowercase letters, digits and hyphens')
    .default('rostrum')
    .describe(
      'First part of every NATS subject, bucket and Redis key: installations that share servers need different ones.',
    ),
};

/** What a service that uses Redis understands. */
export const redisSettings = {
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'use redis://host:port or rediss://host:port')
    .default('redis://127.0.0.1:6379')
    .describe('Redis server. User, password and database may stand in the URL.'),
};

/** A TCP port; 0 asks the system for a free one. */
export function port() {
  return z.coerce.number().int().min(0).max(65_535);
}

/** A duration in milliseconds, 1 or more. */
export function milliseconds() {
  return z.coerce.number().int().min(1);
}

/** `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off`. */
export function flag() {
  return z.stringbool();
}

/** Every fault of the environment at once, one line each, naming the variable and what to do. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/**
 * Reads, validates and freezes a service's settings. `NAME_FILE` names a file that holds the value of `NAME`
 * (container secrets); an empty value counts as absent.
 *
 * @throws {SettingsError} naming every fault.
 */
export function loadSettings<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): Readonly<z.output<S>> {
  const raw: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`];
    if (env[name] && file) faults.push(`${name}: both ${name} and ${name}_FILE are set; set one of them`);
    else if (env[name]) raw[name] = env[name];
    else if (file) {
      try {
        raw[name] = readFileSync(file, 'utf8').trim();
      } catch (error) {
        faults.push(`${name}_FILE: cannot read ${file}: ${(error as Error).message}`);
      }
    }
  }
  const parsed = schema.safeParse(raw, { error: whatToDo });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.join('.');
      if (!faults.some((fault) => fault.startsWith(`${name}_FILE:`))) faults.push(`${name}: ${issue.message}`);
    }
  }
  if (faults.length > 0) {
    throw new SettingsError(`Settings are not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
  return Object.freeze(parsed.data as z.output<S>);
}

/** Where a setting has no sentence of its own for what is wrong with it. */
function whatToDo(issue: z.core.$ZodRawIssue): string {
  return valueFault(issue) ?? 'has a value that it cannot have; see docs/configuration.md';
}

/** A setting as the documentation shows it. `fallback` is its default as text, undefined when it has none. */
export interface SettingDoc {
  name: string;
  description: string;
  fallback: string | undefined;
  required: boolean;
}

/** What there is to set, in the order of declaration; defaults of secrets are left out. */
export function describeSettings(schema: z.ZodObject): SettingDoc[] {
  return Object.entries(schema.shape).map(([name, member]) => {
    const parsed = z.safeParse(member, undefined);
    const known = parsed.success && parsed.data !== undefined && z.globalRegistry.get(member)?.secret !== true;
    return {
      name,
      description: z.globalRegistry.get(member)?.description ?? '',
      fallback: known ? String(parsed.data) : undefined,
      required: !parsed.success,
    };
  });
}
