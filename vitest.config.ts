import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

if (Number(process.versions.node.split('.')[0]) < 24) {
  throw new Error(`These tests need Node 24 or newer, not ${process.version}: run them with \`npm test\`.`);
}

/** `npm test -- --rounds=20` runs series and random tests so many times over. */
const rounds = Number(process.env.ROSTRUM_TEST_ROUNDS ?? 1);

/** Tests that run the images; `npm test` says whether there is an engine to run them with. */
const containers = process.env.ROSTRUM_CONTAINER_TESTS === 'on';

/** Unit tests stand beside the code, tests with real servers in `test/`; each file runs in a process of its own. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    dangerouslyIgnoreUnhandledErrors: false,
    // On a machine that others use too, tests of many processes may come too late once; what fails twice is a fault.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default', './scripts/repeated-tests.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'processes',
          include: [
            '{packages,services}/*/{src,test}/**/*.test.ts',
            'e2e/*.test.ts',
            'examples/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 30_000 * rounds,
        },
      },
      ...(containers ? [containerTests()] : []),
    ],
  },
});

/** After the others, so that neither disturbs the other's waiting. */
function containerTests() {
  return {
    extends: true as const,
    test: {
      name: 'containers',
      include: ['e2e/containers/*.test.ts'],
      globalSetup: ['e2e/containers/global-setup.ts'],
      sequence: { groupOrder: 1 },
      // A stack with the real Conductor keeps two cores busy while it starts.
      maxWorkers: availableParallelism() >= 4 ? 2 : 1,
      env: { ROSTRUM_VERSION: process.env.ROSTRUM_VERSION ?? 'test' },
      testTimeout: 120_000 * rounds,
      hookTimeout: 400_000,
    },
  };
}
