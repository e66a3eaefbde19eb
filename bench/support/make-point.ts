import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import type {
  DeviceName,
  InstanceId,
  PointId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../src/domain/identifiers.ts';
import type { Repository } from '../../src/format/repository.ts';
import type { PointManifest } from '../../src/format/restore-point.ts';
import { strataFormat } from '../../src/format/strata/strata-format.ts';
import type { BlockSelection } from '../../src/format/transfer-plan.ts';
import type { BlockSource } from '../../src/ports/block-source.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

/** The volume that all points are of, and its instance. */
export const volumeId = 'vol-bench' as VolumeId;
const instanceId = 'i-bench' as InstanceId;

/** A repository, and the volume whose points are made in it. */
export interface PointParts {
  readonly repository: Repository;
  readonly objectStore: ObjectStore;
  readonly source: BlockSource;
}

/** Makes a point as engine and worker do, without either. */
export async function makePoint(
  { repository, objectStore, source }: PointParts,
  selection: BlockSelection,
  parentId: PointId | null,
): Promise<PointManifest> {
  const sessionId = systemRandom.uuid() as SessionId;
  const plan = { sessionId, planId: systemRandom.uuid() };
  const { sizeBytes } = source;
  const parent = parentId === null ? null : { pointId: parentId, volumeId };
  await repository.registerWriter(sessionId, instanceId);
  await repository.writeTransferPlan({ ...plan, sizeBytes, selection, parent });
  const transfer = await strataFormat.prepareTransfer().open({
    ...{ objectStore, random: systemRandom, clock: systemClock },
    grant: await repository.grantTransfer(sessionId),
    attempt: 0,
    compression: 'balanced',
  });
  let endSegment = 0;
  try {
    const { signal } = new AbortController();
    const segments = transfer.run({ ...plan, source, firstPlanned: 0, signal });
    endSegment = (await Array.fromAsync(segments)).length;
  } finally {
    await transfer.close();
  }
  const volume = { ...plan, volumeId, sizeBytes, parent };
  const manifest = await repository.commitPoint({
    ...{ sessionId, instanceId, configuration: {} },
    setId: systemRandom.uuid() as SnapshotSetId,
    takenAt: Date.now() as TimestampMs,
    volumes: [
      {
        ...volume,
        device: '/dev/xvda' as DeviceName,
        snapshotId: 'snap-bench' as SnapshotId,
        segments: [{ attempt: 0, firstSegment: 0, endSegment }],
      },
    ],
  });
  await repository.closeWriter(sessionId);
  return manifest;
}
