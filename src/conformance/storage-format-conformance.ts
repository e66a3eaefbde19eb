import { before, beforeEach, describe, it } from 'node:test';
import type { StorageFormat } from '../format/storage-format.ts';
import { crashesConformance } from './crashes.ts';
import { damageConformance } from './damage.ts';
import { descriptionConformance } from './description.ts';
import { FormatBench } from './format-bench.ts';
import { mergesConformance } from './merges.ts';
import { namesConformance } from './names.ts';
import { pointsConformance } from './points.ts';
import { removalsConformance } from './removals.ts';
import { repairsConformance } from './repairs.ts';
import { repositoriesConformance } from './repositories.ts';
import { sessionsConformance } from './sessions.ts';
import type { TestRunner } from './test-runner.ts';
import { verificationConformance } from './verification.ts';
import { workersConformance } from './workers.ts';

/**
 * Defines the tests of everything that `StorageFormat` promises and every format has to keep;
 * docs/formats.md says it in words.
 *
 * @param create is called for each repository that a test makes
 * @param runner default: `node:test`
 */
export function storageFormatConformance(
  name: string,
  create: () => Promise<{ readonly format: StorageFormat }>,
  runner: TestRunner = { before, beforeEach, describe, it },
): void {
  const bench = async (): Promise<FormatBench> => FormatBench.create((await create()).format);

  runner.describe(`${name} is a storage format`, () => {
    descriptionConformance(runner, bench);
    repositoriesConformance(runner, bench);
    pointsConformance(runner, bench);
    sessionsConformance(runner, bench);
    workersConformance(runner, bench);
    removalsConformance(runner, bench);
    mergesConformance(runner, bench);
    namesConformance(runner, bench);
    crashesConformance(runner, bench);
    damageConformance(runner, bench);
    repairsConformance(runner, bench);
    verificationConformance(runner, bench);
  });
}
