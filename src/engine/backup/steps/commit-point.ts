import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { assert } from '../../../domain/errors/assert.ts';
import type { CommitVolume } from '../../../format/repository.ts';
import type { PointManifest } from '../../../format/restore-point.ts';
import { knownConfiguration } from '../known-configuration.ts';
import type { StepContext } from '../step-context.ts';

/** Creates the restore point: one create-once write, so that repeating it finds it made. */
export async function commitPoint({
  engine,
  session,
  signal,
  lockPoint,
}: StepContext): Promise<BackupCommand> {
  const { sessionId, instanceId, snapshotSet, readPlan, transfers } = session;
  assert(snapshotSet !== null, 'a point shows a snapshot set');
  assert(snapshotSet.takenAt !== null && readPlan !== null, 'a point is what a read plan led to');
  const repository = await engine.repository();
  const manifest = await repository.commitPoint({
    sessionId,
    instanceId,
    setId: snapshotSet.setId,
    takenAt: snapshotSet.takenAt,
    configuration: knownConfiguration(session),
    signal,
    volumes: readPlan.map((planned): CommitVolume => {
      const { volumeId, device, snapshotId, sizeBytes, planId, parentPointId } = planned;
      const transfer = transfers.find((one) => one.volumeId === volumeId);
      assert(transfer !== undefined, 'every planned volume has its transfer');
      return {
        sessionId,
        planId,
        volumeId,
        device,
        snapshotId,
        sizeBytes,
        parent: parentPointId === null ? null : { pointId: parentPointId, volumeId },
        segments: transfer.segments,
      };
    }),
  });
  await lockPoint(manifest);
  return recordPoint(manifest);
}

/** A committed point as the session records it. */
export function recordPoint({ pointId, committedAt, volumes }: PointManifest): BackupCommand {
  return {
    type: 'RecordPoint',
    pointId,
    committedAt,
    volumes: volumes.map(
      ({ volumeId, device, sizeBytes, blocksStored, bytesStored, mapBytesStored }) => ({
        volumeId,
        device,
        sizeBytes,
        blocksStored,
        bytesStored,
        mapBytesStored,
      }),
    ),
  };
}
