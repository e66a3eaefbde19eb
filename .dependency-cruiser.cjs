/**
 * The layers of docs/architecture.md. Imports go one way:
 * domain <- ports <- format, mailbox, adapters <- engine, worker <- vault <- index <- cli.
 * conformance is beside them: only its own entry of the package leads to it.
 * platform holds facts about the operating system that several adapters need.
 */
const layer = (name, allowed, also = []) => ({
  name: `layer-${name}`,
  comment: `src/${name} may import only: ${[name, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: [`^src/(${[name, ...allowed].join('|')})/`, ...also] },
});

module.exports = {
  forbidden: [
    layer('domain', []),
    layer('verification', ['domain']),
    layer('ports', ['domain']),
    layer('format', ['domain', 'ports']),
    layer('conformance', ['domain', 'ports', 'format', 'adapters']),
    layer('mailbox', ['domain', 'ports']),
    layer('platform', ['domain', 'ports']),
    layer('adapters', ['domain', 'ports', 'platform']),
    layer('engine', ['domain', 'ports', 'format', 'mailbox']),
    layer('vault', ['domain', 'ports', 'platform', 'format', 'mailbox', 'adapters', 'engine']),
    layer('worker', ['domain', 'ports', 'format', 'mailbox', 'adapters']),
    {
      name: 'domain-is-pure',
      comment: 'src/domain imports nothing from outside itself, not even from Node',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'adapters-are-strangers',
      comment: 'an adapter never imports another adapter',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'cli-uses-the-api',
      comment: 'the command line uses the embedding API and nothing else of the engine',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/', pathNot: ['^src/cli/', '^src/index\\.ts$'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: ['\\.d\\.ts$', '^src/(worker|cli)/main\\.ts$'],
      },
      to: {},
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      from: { path: '^src/' },
      // A peer is there for the tests too, and so among the packages for development.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^node:' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default'],
    },
  },
};
