import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { imageFolder } from '../../../src/adapters/image-folder/image-folder.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { recorded, finished } from './back-up.ts';
import { sha256OfFile } from './disk-image.ts';
import type { OpenTestVault } from './open-test-vault.ts';
import { knownOr } from '../../../src/domain/sensitive/sensitive.ts';

/** Restores all volumes of a point and gives the SHA-256 of each image, in the point's order. */
export async function restoredDigests(
  { engine }: Pick<OpenTestVault, 'engine'>,
  pointId: PointId,
): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-restored-'));
  try {
    const target = imageFolder({ folder, existing: 'refuse' });
    const restore = await finished(await engine.startRestore({ pointId, target }));
    if (restore.summary.status !== 'succeeded') {
      const problems = restore.summary.problems.map(({ message }) => message).join('; ');
      throw new SnapledgerError('POINT_DAMAGED', `the restore of ${pointId} failed: ${problems}`);
    }
    const digests: string[] = [];
    for (const { location } of recorded(restore, 'VolumeRestored')) {
      digests.push(
        await sha256OfFile(location === null ? 'not recorded' : knownOr(location, 'forgotten')),
      );
    }
    return digests;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
