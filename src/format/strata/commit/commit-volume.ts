import type { CommitVolume } from '../../repository.ts';
import { blockCountOf } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import { buildMap } from '../map/build-map.ts';
import { MapCursor } from '../map/map-cursor.ts';
import type { MapRoot } from '../map/map-node.ts';
import type { RecordPackWriter } from '../pack/record-pack-writer.ts';
import type { PackSizes } from '../pack/pack-sizes.ts';
import type { PlanSummary } from '../plan/plan-summary.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import type { StoredVolume } from '../point/stored-point.ts';
import { storedVolumeOf } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { ControlReader } from './control-reader.ts';
import { mapUpdatesOf } from './map-updates-of.ts';
import { transferredBlocks } from './transferred-blocks.ts';

export interface VolumeCommit {
  readonly session: SessionKeys;
  readonly volume: CommitVolume;
  readonly writer: RecordPackWriter;
  readonly packSizes: PackSizes;
  /** The point that the volume differs from, as it is now. */
  readonly parentPoint: CurrentPoint | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes the map of one volume. It counts only once the writer is closed and the manifest made.
 *
 * @throws INVALID_ARGUMENT when plan, segments and request do not belong together; OBJECT_CORRUPT,
 *   OBJECT_NOT_FOUND
 */
export async function commitVolume(
  context: RepositoryContext,
  { session, volume, writer, packSizes, parentPoint, signal }: VolumeCommit,
): Promise<StoredVolume> {
  const control = new ControlReader(context, session, volume);
  const summary = await control.summary();
  checkPlan(summary, volume);
  const parent = parentRootOf(volume, parentPoint);
  const mapBytesBefore = writer.bytesWritten;
  let blocksStored = 0;
  let bytesStored = 0;
  const blocks = transferredBlocks(control, summary, volume, (counts) => {
    // Told of each segment, so that a commit of a large volume does not go on for minutes.
    signal?.throwIfAborted();
    blocksStored += counts.blocksStored;
    bytesStored += counts.bytesStored;
  });
  const root = await buildMap({
    blockCount: blockCountOf(volume.sizeBytes),
    parent,
    base: summary.base,
    updates: mapUpdatesOf(blocks, {
      sessionId: session.sessionId,
      sizeBytes: volume.sizeBytes,
      base: summary.base,
      parent: parent === null ? null : new MapCursor(parent, context.nodeReader),
      packSizes,
    }),
    reader: context.nodeReader,
    writer,
    nodeIdKey: context.keys.nodeIdKey,
  });
  const { volumeId, device, snapshotId, sizeBytes } = volume;
  const mapBytesStored = writer.bytesWritten - mapBytesBefore;
  const counts = { blocksStored, bytesStored, mapBytesStored };
  return { volume: { volumeId, device, snapshotId, sizeBytes, ...counts }, root };
}

function parentRootOf({ parent }: CommitVolume, point: CurrentPoint | null): MapRoot | null {
  return parent === null || point === null ? null : storedVolumeOf(point, parent.volumeId).root;
}

function checkPlan(summary: PlanSummary, volume: CommitVolume): void {
  const isSameParent =
    summary.parent?.pointId === volume.parent?.pointId &&
    summary.parent?.volumeId === volume.parent?.volumeId;
  if (isSameParent && summary.sizeBytes === volume.sizeBytes) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `volume ${volume.volumeId}: its transfer plan was made for another size or another parent`,
    {
      remedy: 'This is a defect of what called the commit; transfer the volume again.',
      details: { volumeId: volume.volumeId, planId: volume.planId },
    },
  );
}
