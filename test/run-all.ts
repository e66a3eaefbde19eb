/**
 * Runs all tests, as many files at a time as there are processors: half of what a test does is
 * waiting for other processes. What is given besides goes to Node's test runner.
 *
 *     node test/run-all.ts [--test-name-pattern PATTERN]
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-timeout=240000',
    `--test-concurrency=${availableParallelism()}`,
    ...process.argv.slice(2),
    'test/**/*.test.ts',
  ],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
