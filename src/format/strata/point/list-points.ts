import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { pointKey } from '../object/object-keys.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { PointCatalog } from './point-catalog.ts';
import type { StoredPoint } from './stored-point.ts';

const limits = {
  /** Manifests that are read at the same time. */
  concurrentGetsMax: 8,
  /** Points in one listing: three decades of hourly backups of an instance, and more. */
  pointsMax: 1_000_000,
} as const;

interface PointInTime {
  readonly instanceId: InstanceId;
  readonly pointId: PointId;
  readonly takenAt: number;
  readonly committedAt: number;
}

/**
 * One entry of a listing: a point, a manifest that cannot be read, or a relocation that does not count
 * because its claim is gone.
 */
export type ListedPoint =
  | { readonly kind: 'point'; readonly point: StoredPoint }
  | {
      readonly kind: 'damage' | 'unclaimed';
      readonly instanceId: InstanceId;
      readonly pointId: PointId;
      readonly error: SnapledgerError;
    };

/** The points at one moment. */
export interface PointListing {
  readonly total: number;
  /**
   * Oldest first, then what is damaged; a point that is removed meanwhile is left
   * out.
   */
  readonly points: () => AsyncGenerator<ListedPoint>;
}

/**
 * Lists the committed points. Only the times of all of them are in memory at once.
 *
 * @throws LIMIT_EXCEEDED beyond a million points
 */
export async function listStoredPoints(
  catalog: PointCatalog,
  instanceId?: InstanceId,
): Promise<PointListing> {
  const places: PointInTime[] = [];
  const damaged: ListedPoint[] = [];
  for await (const batch of batchesOf(catalog.places(instanceId), limits.concurrentGetsMax)) {
    for (const listed of await Promise.all(batch.map((place) => readPlace(catalog, place)))) {
      if (listed?.kind === 'point') places.push(timeOf(listed.point));
      else if (listed !== null) damaged.push(listed);
    }
    if (places.length > limits.pointsMax) {
      throw new SnapledgerError('LIMIT_EXCEEDED', 'the repository has over a million points', {
        remedy: "List those of one instance at a time: 'snapledger points INSTANCE'.",
      });
    }
  }
  places.sort((a, b) => a.takenAt - b.takenAt || a.committedAt - b.committedAt);
  return {
    total: places.length + damaged.length,
    async *points() {
      for (const place of places) {
        const recent = catalog.recentlyRead(place.instanceId, place.pointId);
        const listed =
          recent === null
            ? await readPlace(catalog, place)
            : ({ kind: 'point', point: recent } as const);
        if (listed !== null) yield listed;
      }
      yield* damaged;
    },
  };
}

async function readPlace(
  catalog: PointCatalog,
  { instanceId, pointId }: { readonly instanceId: InstanceId; readonly pointId: PointId },
): Promise<ListedPoint | null> {
  try {
    const slot = await catalog.unmarkedSlotOf(instanceId, pointId);
    if (slot.kind !== 'relocation') return slot.kind === 'point' ? slot : null;
    if (await catalog.counts(slot.relocation)) return null;
    // Replaced, and removed by a collection: the claim goes last.
    if (await catalog.isRemoved(instanceId, pointId)) return null;
    const location = { objectKey: pointKey(instanceId, pointId) };
    const error = objectCorrupt(location, 'no claim leads to it, so what it moved is not found');
    return { kind: 'unclaimed', instanceId, pointId, error };
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    // A relocation hurts points, and is none itself.
    if (await catalog.hasClaimed(instanceId, pointId)) return null;
    return { kind: 'damage', instanceId, pointId, error };
  }
}

function timeOf({ manifest }: StoredPoint): PointInTime {
  const { instanceId, pointId, takenAt, committedAt } = manifest;
  return { instanceId, pointId, takenAt, committedAt };
}

async function* batchesOf<Item>(
  items: AsyncIterable<Item>,
  sizeMax: number,
): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < sizeMax) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
