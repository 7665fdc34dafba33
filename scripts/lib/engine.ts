import { execFileSync } from 'node:child_process';

/** Images of docker-compose.yml and of the tests that are not the project's own. */
const images = [
  ...['node:24-bookworm-slim', 'debian:bookworm-slim', 'nats:2.15-alpine', 'nats:2.10-alpine', 'redis:7-alpine'],
  'conductoross/conductor:3.32.3',
];

export interface NoContainers {
  /** An engine is there and lacks images; else there is no engine to run them with. */
  kind: 'no-images' | 'no-engine';
  reason: string;
}

/** Why the tests that run the images cannot be run here; undefined when they can. Images that are missing are pulled. */
export function whyNoContainers(): NoContainers | undefined {
  if (!works('docker', 'version', '--format', '{{.Server.Version}}')) {
    return { kind: 'no-engine', reason: 'no Docker engine answers' };
  }
  if (!works('docker', 'compose', 'version')) {
    return { kind: 'no-engine', reason: 'docker has no compose plugin' };
  }
  const missing = images.filter(
    (image) => !works('docker', 'image', 'inspect', image) && !works('docker', 'pull', '--quiet', image),
  );
  if (missing.length === 0) return undefined;
  return { kind: 'no-images', reason: `these images cannot be had: ${missing.join(', ')}` };
}

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 600_000 });
    return true;
  } catch {
    return false;
  }
}
