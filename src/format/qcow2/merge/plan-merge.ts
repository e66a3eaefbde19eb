import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { MergeOptions } from '../../point-merger.ts';
import { isDamage } from '../object/refusals.ts';
import { currentVolumes, type MergedImages } from '../point/merged-images.ts';
import { chainAfter } from '../point/open-chain.ts';
import { listStoredPoints } from '../point/point-catalog.ts';
import type { CommittedPoint, VolumeImage } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { planVolumeMerge, type VolumeMerge } from './volume-merge.ts';

/** A point, and what each of its volumes takes over; null: it stays as it is. */
export interface PointMerge {
  readonly pointId: PointId;
  readonly volumes: readonly {
    readonly current: VolumeImage;
    readonly merge: VolumeMerge | null;
  }[];
  readonly absorbed: readonly PointId[];
  readonly bytesToWrite: number;
}

/** The points of an instance, oldest first. @throws OBJECT_CORRUPT when one of them is damaged */
export async function pointsToMerge(
  context: RepositoryContext,
  instanceId: InstanceId,
): Promise<readonly CommittedPoint[]> {
  const points: CommittedPoint[] = [];
  for await (const listed of listStoredPoints(context, instanceId)) {
    if (listed.kind === 'point') points.push(listed.point);
    else if (isDamage(listed.error)) throw listed.error;
  }
  return points.toSorted((one, other) => one.manifest.takenAt - other.manifest.takenAt);
}

/** What merging would do for a point as the last merge has left it; null: nothing. */
export async function planPointMerge(
  context: RepositoryContext,
  { manifest, volumes }: CommittedPoint,
  merged: MergedImages,
  { unwanted, signal }: Pick<MergeOptions, 'unwanted' | 'signal'>,
): Promise<PointMerge | null> {
  const { pointId, instanceId } = manifest;
  if (unwanted.has(pointId)) return null;
  const planned: { readonly current: VolumeImage; readonly merge: VolumeMerge | null }[] = [];
  for (const current of currentVolumes({ pointId, volumes }, merged)) {
    signal?.throwIfAborted();
    const isFirst = current.parent === null || !unwanted.has(current.parent.pointId);
    const { volumeId } = current;
    const merge = isFirst
      ? null
      : await planVolumeMerge(
          context,
          volumeId,
          await chainAfter(context, instanceId, { pointId, volumeId }, merged),
          unwanted,
        );
    planned.push({ current, merge });
  }
  const merges = planned.flatMap(({ merge }) => merge ?? []);
  if (merges.length === 0) return null;
  const absorbed = merges.flatMap(({ merged: [, ...behind] }) =>
    behind.map((image) => image.pointId),
  );
  return {
    ...{ pointId, volumes: planned },
    absorbed: [...new Set(absorbed)],
    bytesToWrite: merges.reduce((sum, { bytesToWrite }) => sum + bytesToWrite, 0),
  };
}
