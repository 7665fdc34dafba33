import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@rostrum/stack';
import { describe, expect, test } from 'vitest';
import { Started } from './started.ts';

const shell = async (command: string) => (await promisify(execFile)('sh', ['-c', command])).stdout;

/** Processes are found by way of /proc. */
describe.runIf(process.platform === 'linux')('npm start', () => {
  test('serves the examples, says where, and stops with SIGTERM', { timeout: 90_000 }, async () => {
    await using started = new Started({ ROSTRUM_DEMO_API_KEY: 'demo-of-this-test' });
    const dev = await started.ready();
    expect(statSync(join(started.directory, 'dev.json')).mode & 0o777).toBe(0o600);
    expect(dev).toEqual({
      ingress: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      config: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      conductor: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api$/),
      nats: expect.stringMatching(/^nats:\/\/operator:[\w-]+@127\.0\.0\.1:\d+$/),
      redis: expect.stringMatching(/^redis:\/\/operator:[\w-]+@127\.0\.0\.1:\d+$/),
      admin: { keyId: expect.any(String), keySecret: expect.any(String) },
      demo: { apiKey: 'demo-of-this-test' },
    });

    const printed = started.output.match(/^ +(curl .*)$/m)?.[1] as string;
    expect(JSON.parse(await shell(printed))).toEqual({
      productId: 'espresso-machine',
      sentiment: 'positive',
      score: 60,
      nextStep: 'ask-for-review',
      message: 'Thank you! Would you tell others, too?',
    });

    started.npm.kill('SIGTERM');
    await started.nothingLeft();
    expect(existsSync(join(started.directory, 'dev.json'))).toBe(false);
    expect(existsSync(join(started.directory, 'start.pid'))).toBe(false);
  });

  test('stops with a Ctrl-C, and a second start finds keys and data of the first', { timeout: 90_000 }, async () => {
    await using started = new Started();
    const first = await started.ready();
    process.kill(-(started.npm.pid as number), 'SIGINT');
    await started.exitCode;
    await started.nothingLeft();
    expect(started.output).toContain('Rostrum stops.');

    await using again = new Started({ ROSTRUM_STATE_DIR: started.directory });
    const second = await again.ready(started.directory);
    expect(second.demo).toEqual(first.demo);
    expect(second.admin).toEqual(first.admin);

    await using third = new Started({ ROSTRUM_STATE_DIR: started.directory });
    expect(await third.exitCode).toBe(1);
    expect(third.output).toContain('Rostrum runs already');
    again.npm.kill('SIGTERM');
    await started.nothingLeft();
  });

  test.for([
    ['npm', /^npm start/, 'ready after'],
    ['its shell', /^sh -c /, '✓ redis-server '],
    ['the launcher', /scripts\/rostrum\.mjs start$/, '✓ cache'],
    ['the starter', /scripts\/start\.ts$/, 'ready after'],
  ] as const)(
    'leaves nothing behind when %s is killed by SIGKILL',
    { timeout: 90_000 },
    async ([, pattern, moment]) => {
      await using started = new Started();
      await started.says(moment);
      const victim = started.processes().find(({ command }) => pattern.test(command));
      if (!victim) throw new Error(`No process is like ${pattern}: ${JSON.stringify(started.processes())}`);
      process.kill(victim.pid, 'SIGKILL');
      await started.nothingLeft();
      expect(existsSync(join(started.directory, 'dev.json'))).toBe(false);
    },
  );

  test('a port that is taken is named, with what to do; nothing stays', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    await using started = new Started({ CONFIG_PORT: `${port}` });
    expect(await started.exitCode).toBe(1);
    taken.close();
    expect(started.output).toContain(
      `Port ${port} of the config service is taken: stop what uses it, or set CONFIG_PORT to another port.`,
    );
    await started.nothingLeft();
  });

  test('servers that cannot be reached are named; nothing stays', async () => {
    const port = await freePort();
    await using started = new Started({ REDIS_URL: `redis://127.0.0.1:${port}` });
    expect(await started.exitCode).toBe(1);
    expect(started.output).toContain(`REDIS_URL names redis://127.0.0.1:${port}, and nobody answers there`);
    await started.nothingLeft();
  });
});
