import { blockCountOf } from '../../../domain/block-size.ts';
import { addCounts, noCounts } from '../../../domain/backup-session/transfer-counts.ts';
import type { PointManifest, PointVolume } from '../../restore-point.ts';
import type { CommitRequest, CommitVolume } from '../../repository.ts';
import { type ImageBacking, imageNameOf } from '../image/image-description.ts';
import { ImageWriter } from '../image/image-writer.ts';
import { wrapJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { fenced, invalid } from '../object/refusals.ts';
import { readPlanSummary } from '../plan/plan-summary.ts';
import { committedPoint, storedPoint } from '../point/point-catalog.ts';
import type { CommittedPoint, VolumeImage } from '../point/stored-point.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';
import { committedEntries } from './committed-entries.ts';

/**
 * Writes the images of a point's volumes, and creates the point's object, which is the commit:
 * whoever comes second finds the first one's.
 *
 * @throws SESSION_FENCED, INVALID_ARGUMENT, OBJECT_CORRUPT, and the signal's reason while there is no
 *   point
 */
export async function commitPoint(
  context: RepositoryContext,
  request: CommitRequest,
): Promise<PointManifest> {
  const { sessionId, instanceId, setId, takenAt, configuration, signal } = request;
  const earlier = await committedPoint(context, instanceId, sessionId);
  if (earlier !== null) return earlier.manifest;
  const images: VolumeImage[] = [];
  const volumes: PointVolume[] = [];
  for (const volume of request.volumes) {
    signal?.throwIfAborted();
    const committed = await commitVolume(context, request, volume);
    images.push(committed.image);
    volumes.push(committed.described);
  }
  signal?.throwIfAborted();
  const manifest: PointManifest = {
    ...{ pointId: sessionId, instanceId, setId, takenAt, configuration },
    committedAt: context.clock.now(),
    volumes,
  };
  const point: CommittedPoint = { kind: 'point', manifest, volumes: images };
  const key = objectKeys.point(instanceId, sessionId);
  await createObject(context, key, wrapJson(context.envelope, key, point));
  // Read back: it may be another engine's point, or a tombstone, or be removed by now.
  const made = await committedPoint(context, instanceId, sessionId);
  if (made === null) throw fenced(sessionId);
  return made.manifest;
}

interface CommittedVolume {
  readonly image: VolumeImage;
  readonly described: PointVolume;
}

async function commitVolume(
  context: RepositoryContext,
  request: CommitRequest,
  volume: CommitVolume,
): Promise<CommittedVolume> {
  const { sessionId, instanceId } = request;
  if (volume.sessionId !== sessionId) throw invalid('the plan is one of another session');
  const envelope = context.controlEnvelope(sessionId);
  const plan = await readPlanSummary(context.objectStore, envelope, volume);
  const { volumeId, device, snapshotId, sizeBytes, parent } = volume;
  if (plan.sizeBytes !== sizeBytes) throw invalid('the plan is for another size');
  if (plan.parent?.pointId !== parent?.pointId || plan.parent?.volumeId !== parent?.volumeId) {
    throw invalid('the plan is for another parent');
  }
  const writer = new ImageWriter(context, {
    sessionId,
    name: imageNameOf(sessionId, volumeId),
    sizeBytes,
    backing: await backingOf(context, instanceId, parent),
  });
  let counts = noCounts;
  const stored = committedEntries(context, volume, plan, writer.parts, (segment) => {
    request.signal?.throwIfAborted();
    counts = addCounts(counts, segment.counts);
  });
  const end = blockCountOf(sizeBytes);
  for await (const entry of stored) {
    if (entry.first + entry.count > end) throw invalid('a segment has blocks beyond the end');
    await writer.add(entry);
  }
  const { place, bytesWritten } = await writer.finish();
  return {
    image: { volumeId, image: place, parent },
    described: {
      ...{ volumeId, device, snapshotId, sizeBytes },
      blocksStored: counts.blocksStored,
      bytesStored: counts.bytesStored,
      mapBytesStored: bytesWritten,
    },
  };
}

/** The parent has to be there still: its file is the one behind this image. */
async function backingOf(
  context: RepositoryContext,
  instanceId: CommitRequest['instanceId'],
  parent: CommitVolume['parent'],
): Promise<ImageBacking | null> {
  if (parent === null) return null;
  const found = await storedPoint(context, instanceId, parent.pointId);
  if (found?.kind !== 'point') throw invalid(`the parent ${parent.pointId} is gone`);
  return { ...parent, name: imageNameOf(parent.pointId, parent.volumeId) };
}
