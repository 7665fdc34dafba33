import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryDirectory } from '@rostrum/testkit';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const own = fileURLToPath(new URL('..', import.meta.url));

it('what `npm pack` makes runs by npx with nothing but Node', async () => {
  const folder = await temporaryDirectory('packed');
  // npm of whichever Node is installed, with the one that runs this first on PATH; no registry is needed.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    npm_config_offline: 'true',
    npm_config_cache: join(folder, 'cache'),
  };
  const { stdout } = await run('npm', ['pack', '--pack-destination', folder, '--json'], { cwd: own, env });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string; files: { path: string }[] }[];
  expect(packed?.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['dist/rostrum.mjs', 'dist/rostrum.schema.json']),
  );
  expect(packed?.files.filter(({ path }) => path.endsWith('.ts'))).toEqual([]);

  const npx = (...args: string[]) =>
    run('npx', ['--yes', `--package=${join(folder, packed?.filename ?? '')}`, 'rostrum', ...args], {
      cwd: folder,
      env,
    });
  const { version } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8')) as { version: string };
  expect((await npx('--version')).stdout).toBe(`${version}\n`);
  await writeFile(
    join(folder, 'rostrum.yaml'),
    'services: [{id: s, path: /s, routes: [{httpMethod: GET, path: /, mappedWorkflow: {name: w}, inputSchema: {type: object}}]}]\n',
  );
  expect((await npx('validate')).stdout).toBe('valid: 1 thing\n');
  await writeFile(join(folder, 'rostrum.yaml'), 'services: [{id: s, path: s}]\n');
  await expect(npx('validate')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('rostrum.yaml:1:26: has to start with /'),
  });
}, 120_000);
