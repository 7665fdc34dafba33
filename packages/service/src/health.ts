/** `node health.ts`: exit code 0 when the service of this container may be sent work, for a container's health check. */
const url = `http://127.0.0.1:${process.env.OPS_PORT}/readyz`;
const response = await fetch(url, { signal: AbortSignal.timeout(4_000) }).catch((error: unknown) => error as Error);
if (response instanceof Error) {
  process.stderr.write(`${url}: ${response.cause instanceof Error ? response.cause.message : response.message}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(await response.text());
  process.exitCode = response.ok ? 0 : 1;
}
