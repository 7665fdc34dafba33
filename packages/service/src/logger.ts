import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Members whose values never reach a log line, wherever they stand one or two levels deep. */
const secrets = [
  'authorization',
  'cookie',
  'apiKey',
  'apiKeys',
  'keySecret',
  'password',
  'secret',
  'token',
  '["x-api-key"]',
  '["x-authorization"]',
];
const redact = secrets.flatMap((name) => {
  const member = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${member}`, `*.*${member}`];
});

/** JSON lines on standard output; every line carries the service's name. `level` is a pino level. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = { level, base: { service }, redact: { paths: redact, censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}
