/** Who may import whom. Direction inside a service: main → app → {http, bus, conductor, redis} → pipeline → domain. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'services-never-import-each-other',
      comment: 'They meet in packages/shared: messages and subjects.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-know-no-services',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'Another package is entered by what its exports name, never by a path.',
      severity: 'error',
      from: { path: '^((?:packages|services)/[^/]+|examples|scripts|bench|e2e)/' },
      to: { path: '^packages/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'shared-is-what-crosses-the-bus',
      comment: 'The contracts depend on nothing of ours.',
      severity: 'error',
      from: { path: '^packages/shared/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/', pathNot: '^packages/shared/' },
    },
    {
      name: 'nats-in-adapters',
      comment: 'NATS is imported by the bus, and by config’s storage.',
      severity: 'error',
      from: {
        path: '^(?:services|packages)/[^/]+/src/',
        pathNot: '^packages/shared/src/bus/|^services/config/src/(?:storage|app)|\\.test\\.ts$',
      },
      to: { path: '@nats-io/' },
    },
    {
      name: 'redis-in-adapters',
      severity: 'error',
      from: { path: '^(?:services|packages)/[^/]+/src/', pathNot: '/src/redis/|^packages/(?:redis|testkit)/' },
      to: { path: 'node_modules/ioredis' },
    },
    {
      name: 'isolated-vm-in-the-sandbox',
      severity: 'error',
      from: { pathNot: '^packages/sandbox/' },
      to: { path: 'node_modules/isolated-vm' },
    },
    {
      name: 'opentelemetry-when-it-is-switched-on',
      comment: 'One module imports it, and is itself imported when there is somebody to send spans to.',
      severity: 'error',
      from: { pathNot: '^packages/tracing/src/open-telemetry\\.ts$|node_modules' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'http-client-in-adapters',
      severity: 'error',
      from: { path: '^services/executor/src/', pathNot: '^services/executor/src/conductor/' },
      to: { path: 'node_modules/undici' },
    },
    {
      name: 'pipeline-knows-no-adapters',
      comment: 'Steps see interfaces; app.ts puts the real ones in.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/(?:pipeline|domain|routing)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/[^/]+/src/(?:bus|http|redis|app\\.ts|main\\.ts)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'production-code-uses-no-test-code',
      severity: 'error',
      from: { path: '/src/', pathNot: '\\.test\\.ts$|^packages/testkit/' },
      to: { path: '^packages/testkit/|\\.test\\.ts$|node_modules/vitest' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
