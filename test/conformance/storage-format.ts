import { describe } from 'node:test';
import type { StorageFormat } from '../../src/format/storage-format.ts';
import { FormatBench } from './storage-format/format-bench.ts';
import { pointsConformance } from './storage-format/points.ts';
import { removalsConformance } from './storage-format/removals.ts';
import { repositoriesConformance } from './storage-format/repositories.ts';
import { sessionsConformance } from './storage-format/sessions.ts';
import { verificationConformance } from './storage-format/verification.ts';

/** Everything that src/format/storage-format.ts promises, and every format has to keep. */
export function storageFormatConformance(
  name: string,
  factory: () => Promise<{ readonly format: StorageFormat }>,
): void {
  const bench = async (): Promise<FormatBench> => FormatBench.create((await factory()).format);

  describe(`${name} is a storage format`, () => {
    repositoriesConformance(bench);
    pointsConformance(bench);
    sessionsConformance(bench);
    removalsConformance(bench);
    verificationConformance(bench);
  });
}
