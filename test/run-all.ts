/**
 * Runs all tests, one file more at a time than there are processors: much of what a test does is
 * waiting, for other processes or for what a cloud is slow with. What is given besides goes to Node's test runner.
 *
 *     node test/run-all.ts [--test-name-pattern PATTERN]
 *
 * Each file is a process, and many start others, which all load much the same code: they share
 * what was compiled of it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

const compileCache = mkdtempSync(path.join(tmpdir(), 'snapledger-compile-cache-'));
try {
  const { status } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-timeout=240000',
      `--test-concurrency=${availableParallelism() + 1}`,
      ...process.argv.slice(2),
      'test/**/*.test.ts',
    ],
    { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(compileCache, { recursive: true, force: true });
}
