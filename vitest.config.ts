import { defineConfig } from 'vitest/config';

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`These tests need Node 24 or newer, not ${process.version}: run them with \`npm test\`.`);
}

/** Unit tests stand beside the code, tests with real servers in `test/`; each file runs in a process of its own. */
export default defineConfig({
  test: {
    include: [
      '{packages,services}/*/{src,test}/**/*.test.ts',
      'e2e/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
