import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { collectionMutants } from './mutants.ts';

/**
 * Runs the simulation on each mutant of the collection and tells which of them it finds. Ends with 1
 * when one is not found. Arguments: parts of the names of those to be tried; none: all.
 */
const root = new URL('../../../../../', import.meta.url).pathname;
const copy = mkdtempSync(join(tmpdir(), 'snapledger-mutants-'));
const asked = process.argv.slice(2);
const secondsMax = 170;

const simulation = 'test/format/strata/collect/collection-simulation.test.ts';
const testsOf = {
  'drawn-scenarios': ['--test-name-pattern=leaves nothing dead', simulation],
  'found-scenarios': ['--test-name-pattern=takes nothing when', simulation],
  'claim-protocol': ['test/format/strata/relocate/claim-protocol.test.ts'],
} as const;

try {
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { what, file, from, to, foundBy = 'drawn-scenarios' } of collectionMutants) {
    if (asked.length > 0 && !asked.some((part) => what.includes(part))) continue;
    const path = join(copy, 'src/format/strata', file);
    const original = readFileSync(path, 'utf8');
    if (!original.includes(from)) throw new Error(`${file} has no longer: ${from}`);
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    const { status } = spawnSync(process.execPath, ['--test', ...testsOf[foundBy]], {
      cwd: copy,
      timeout: secondsMax * 1000,
      stdio: 'ignore',
    });
    writeFileSync(path, original);
    const isFound = status !== 0 && status !== null;
    if (!isFound) process.exitCode = 1;
    process.stdout.write(`${isFound ? 'found    ' : 'NOT FOUND'} ${what}\n`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
