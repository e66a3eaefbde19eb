import type { PointId, VolumeId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import { chooseVolumes, volumesOfPoint } from '../restore/choose-volumes.ts';
import { BlockCache } from './block-cache.ts';
import { PointImage } from './point-image.ts';

/**
 * The volumes of a point, to be read at any place; all of them when none are named. They share one
 * bounded cache.
 *
 * @throws UNKNOWN_POINT, UNKNOWN_VOLUME, OBJECT_CORRUPT
 */
export async function openPointImages(
  repository: Pick<Repository, 'openPoint'>,
  pointId: PointId,
  volumeIds: readonly VolumeId[] | undefined,
): Promise<readonly PointImage[]> {
  const reader = await repository.openPoint(pointId);
  const cache = new BlockCache();
  return chooseVolumes(volumesOfPoint(reader.manifest), volumeIds).map(
    (volume) => new PointImage(reader, volume, cache),
  );
}
