import { blockCountOf } from '../../../domain/block-size.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { ChainImage } from '../image/image-chain.ts';
import { readImageDescription } from '../image/image-description.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { currentVolumes, mergedImages, type MergedImages } from './merged-images.ts';
import { storedPoint } from './point-catalog.ts';
import type { ParentImage, VolumeImage } from './stored-point.ts';

/** A reader holds a page of each index (240 KiB), and other programs a file of each image. */
export const chainImagesMax = 200;

/**
 * The image of a volume of a point, with those behind it, as they are now.
 *
 * @throws OBJECT_CORRUPT when a part of the chain is damaged or gone
 */
export async function openChain(
  context: RepositoryContext,
  instanceId: InstanceId,
  volume: ParentImage,
): Promise<readonly ChainImage[]> {
  let merged = await mergedImages(context, instanceId);
  for (;;) {
    const chain = await followChain(context, instanceId, volume, merged);
    if (chain.kind === 'whole') return chain.images;
    // A merge may have come in between: what a point needed before it may be gone.
    const newer = await mergedImages(context, instanceId);
    if (newer.number === merged.number) throw chain.error;
    merged = newer;
  }
}

type FollowedChain =
  | { readonly kind: 'whole'; readonly images: readonly ChainImage[] }
  | { readonly kind: 'broken'; readonly error: Error };

/** The chain as it is after this merge. @throws OBJECT_CORRUPT */
export async function chainAfter(
  context: RepositoryContext,
  instanceId: InstanceId,
  volume: ParentImage,
  merged: MergedImages,
): Promise<readonly ChainImage[]> {
  const chain = await followChain(context, instanceId, volume, merged);
  if (chain.kind === 'broken') throw chain.error;
  return chain.images;
}

async function followChain(
  context: RepositoryContext,
  instanceId: InstanceId,
  volume: ParentImage,
  merged: MergedImages,
): Promise<FollowedChain> {
  const images: ChainImage[] = [];
  let blockCount = Infinity;
  for (let next: ParentImage | null = volume; next !== null;) {
    const { pointId, volumeId }: ParentImage = next;
    const key = objectKeys.point(instanceId, pointId);
    const found: VolumeImage | null = await volumeOf(
      context,
      instanceId,
      pointId,
      volumeId,
      merged,
    );
    if (found === null) {
      return { kind: 'broken', error: corrupt(key, `the volume ${volumeId} of the point is gone`) };
    }
    if (images.length === chainImagesMax) {
      return { kind: 'broken', error: corrupt(key, 'too many images are behind one another') };
    }
    try {
      const description = await readImageDescription(context, found.image);
      blockCount = Math.min(blockCount, blockCountOf(description.sizeBytes));
      images.push({ pointId, volumeId, place: found.image, description, blockCount });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { kind: 'broken', error };
    }
    next = found.parent;
  }
  return { kind: 'whole', images };
}

async function volumeOf(
  context: RepositoryContext,
  instanceId: InstanceId,
  pointId: PointId,
  volumeId: VolumeImage['volumeId'],
  merged: MergedImages,
): Promise<VolumeImage | null> {
  const point = await storedPoint(context, instanceId, pointId);
  if (point?.kind !== 'point') return null;
  const volumes = currentVolumes({ pointId, volumes: point.volumes }, merged);
  return volumes.find((volume) => volume.volumeId === volumeId) ?? null;
}
