import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { SnapshotId, VolumeId } from '../../../src/domain/identifiers.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import type { SimulatedSnapshot } from '../../support/simulation/cloud/simulated-snapshots.ts';
import { readContent } from '../../support/simulation/cloud/disk-content.ts';
import {
  createMemoryImageTarget,
  type MemoryImage,
} from '../../support/simulation/memory-image-target.ts';
import type { Check, CheckedRun } from './checked-run.ts';

/**
 * The repository has exactly the points that the ledger tells of and that were not removed, and each restores to the disks
 * as they were when its snapshot set was taken, block by block, whatever became of that set.
 */
export const checkPoints: Check = async (run) => {
  const { admin, ledger } = run;
  const points = await Array.fromAsync(admin.engine.listPoints());
  const recorded = new Set<string>(
    ledger.backups.flatMap(({ state }) => (state.point === null ? [] : [state.point.pointId])),
  );
  for (const pointId of ledger.backups.flatMap(({ state }) => state.removed.points)) {
    recorded.delete(pointId);
  }
  // Of a removal whose answer was lost nobody knows whether it was done.
  const perhapsGone = new Set<string>(
    ledger.backups.flatMap(({ state }) => state.unremoved.points),
  );
  const violations: string[] = [];
  for (const point of points) {
    if (!recorded.delete(point.pointId)) {
      violations.push(`the repository has point ${point.pointId}, which no session committed`);
    }
    violations.push(...(await checkContent(run, point)));
  }
  for (const pointId of recorded) {
    if (perhapsGone.has(pointId)) continue;
    violations.push(`the ledger tells of point ${pointId}, which the repository does not have`);
  }
  return violations;
};

async function checkContent(
  { admin, world, ledger }: CheckedRun,
  { pointId, setId, volumes }: PointManifest,
): Promise<readonly string[]> {
  const target = createMemoryImageTarget();
  const restoring = await admin.engine.startRestore({ pointId, target });
  const { status } = await restoring.ended;
  if (status !== 'succeeded') return [`point ${pointId} cannot be restored: ${status}`];
  const session = ledger.backups.find(({ sessionId }) => sessionId === pointId);
  const attached = session?.state.instance?.volumes.length ?? 0;
  if (attached !== volumes.length) {
    return [`point ${pointId} has ${volumes.length} volumes, its instance had ${attached}`];
  }
  return volumes.flatMap(({ volumeId, snapshotId }) => {
    const image = target.images.find((one) => one.volumeId === volumeId);
    const taken = world.snapshots.ofSet(setId).find(isOf(snapshotId, volumeId));
    if (image === undefined || taken === undefined) {
      return [`point ${pointId} shows ${volumeId} by ${snapshotId}, which is not of its set`];
    }
    return differences(image, taken.content).map(
      (block) => `point ${pointId}: block ${block} of ${volumeId} is not as it was`,
    );
  });
}

function isOf(
  snapshotId: SnapshotId,
  volumeId: VolumeId,
): (snapshot: SimulatedSnapshot) => boolean {
  return ({ description }) =>
    description.snapshotId === snapshotId && description.volumeId === volumeId;
}

function differences(
  { bytes }: MemoryImage,
  content: Parameters<typeof readContent>[0],
): readonly number[] {
  const expected = new Uint8Array(blockSizeBytes);
  const blockCount = Math.max(content.length, Math.ceil(bytes.byteLength / blockSizeBytes));
  return Array.from({ length: blockCount }, (_, block) => block).filter((block) => {
    readContent(content, block, expected);
    const found = bytes.subarray(block * blockSizeBytes, (block + 1) * blockSizeBytes);
    return Buffer.compare(found, expected) !== 0;
  });
}
