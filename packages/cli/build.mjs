#!/usr/bin/env node
// Makes dist/: the whole command line in one file, since Node strips no types of what is installed in node_modules.
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const dist = join(here, 'dist');
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const { warnings } = await build({
  entryPoints: [join(here, 'src', 'main.ts')],
  outdir: dist,
  entryNames: 'rostrum',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node22.18',
  format: 'esm',
  legalComments: 'linked',
  logLevel: 'warning',
  // Some of the libraries are CommonJS and ask for modules of Node by `require`.
  banner: {
    js: "import { createRequire as $createRequire } from 'node:module';\nconst require = $createRequire(import.meta.url);",
  },
});
if (warnings.length > 0) process.exitCode = 1;
await chmod(join(dist, 'rostrum.mjs'), 0o755);
await copyFile(join(here, '..', '..', 'schemas', 'rostrum.schema.json'), join(dist, 'rostrum.schema.json'));
