import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import { readJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { VolumeImage } from './stored-point.ts';

/** The images that merges have given to the points of an instance, all of them. */
export interface MergedImages {
  /** 0: there was no merge. */
  readonly number: number;
  readonly points: readonly MergedPoint[];
}

export interface MergedPoint {
  readonly pointId: PointId;
  readonly volumes: readonly VolumeImage[];
}

/** What the last merge has left; each says all that those before it did. @throws OBJECT_CORRUPT */
export async function mergedImages(
  { objectStore, envelope }: RepositoryContext,
  instanceId: InstanceId,
): Promise<MergedImages> {
  // The last one may be removed while this looks, after the next one was made.
  for (let tries = 0; tries < triesMax; tries += 1) {
    const listed = await Array.fromAsync(objectStore.list(objectKeys.merges(instanceId)));
    const last = listed.at(-1);
    if (last === undefined) return { number: 0, points: [] };
    const merged = await readJson<MergedImages>(objectStore, envelope, last.key);
    if (merged === null) continue;
    if (objectKeys.merge(instanceId, merged.number) === last.key) return merged;
    throw corrupt(last.key, 'it is the object of another merge');
  }
  throw corrupt(objectKeys.merges(instanceId), 'the last merge is gone whenever it is read');
}

const triesMax = 5;

/** The images of a point as they are now. */
export function currentVolumes(
  { pointId, volumes }: MergedPoint,
  { points }: MergedImages,
): readonly VolumeImage[] {
  return points.find((merged) => merged.pointId === pointId)?.volumes ?? volumes;
}
